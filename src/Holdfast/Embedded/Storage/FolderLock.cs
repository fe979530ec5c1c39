using System.Globalization;

namespace Holdfast.Embedded;

/// <summary>
/// Keeps a store's folder to one engine: the file <c>lock</c>, locked while the engine lives, by the operating system,
/// so that a process that dies lets go. <c>holder</c> beside it names the process, for people.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    public const string FileName = "lock";
    public const string HolderName = "holder";

    private readonly FileStream file;

    private FolderLock(FileStream file) => this.file = file;

    public static FolderLock Take(string folder)
    {
        var holder = Path.Combine(folder, HolderName);
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (fault is not (DirectoryNotFoundException or PathTooLongException))
        {
            var who = File.Exists(holder) ? $"process {File.ReadAllText(holder).Trim()}" : "another process";
            throw new StateMismatchException(
                $"The store in {folder} is in use by {who}: end that one first, choose another folder, "
                + "or run 'holdfast node' and let both connect to it.",
                fault);
        }

        File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        return new FolderLock(file);
    }

    public void Dispose() => file.Dispose();
}
