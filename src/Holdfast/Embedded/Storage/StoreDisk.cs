namespace Holdfast.Embedded;

/// <summary>
/// The disk as a store uses it: files, their names, and what makes either durable. The machine's, or a simulated one that
/// fails on purpose. A call that fails throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal abstract class StoreDisk
{
    /// <summary>EFBIG, on every Unix.</summary>
    public const int FileTooLarge = 27;

    /// <summary>ENOSPC, on every Unix.</summary>
    public const int NoSpace = 28;

    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>The disk of the machine.</summary>
    public static StoreDisk Machine { get; } = new MachineDisk();

    /// <summary>Whether the disk, the user's share of it or the file is as full as it may be.</summary>
    public static bool IsFull(IOException fault) => fault.HResult is NoSpace or FileTooLarge or QuotaExceeded or WindowsDiskFull;

    /// <summary>Makes the folder if it is missing.</summary>
    public abstract void CreateFolder(string folder);

    /// <summary>Keeps the folder to this engine until the result is disposed.</summary>
    /// <exception cref="StateMismatchException">Another one has it.</exception>
    public abstract IDisposable Lock(string folder);

    /// <summary>The names of the folder's files and folders.</summary>
    public abstract IReadOnlyList<string> NamesIn(string folder);

    public abstract bool Exists(string path);

    /// <summary>Creates a file, empty, in place of any other.</summary>
    public abstract StoreFile Create(string path);

    /// <summary>Opens a file to be read and written.</summary>
    public abstract StoreFile Open(string path);

    /// <summary>Opens a file that is only read.</summary>
    public abstract StoreFile OpenToRead(string path);

    /// <summary>Gives the file another name, in place of any other file's.</summary>
    public abstract void Rename(string path, string newPath);

    public abstract void Delete(string path);

    /// <summary>Makes the names in a folder durable.</summary>
    public abstract void SyncFolder(string folder);

    /// <summary>The whole content of a file that is small.</summary>
    public byte[] ReadAll(string path)
    {
        using var file = OpenToRead(path);
        var bytes = new byte[file.Length];
        return bytes[..file.Read(bytes, 0)];
    }
}
