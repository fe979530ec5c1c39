namespace Holdfast.Gateway.Repeating;

/// <summary>Files for bodies that are too large for memory, in the folder for temporary files. Nobody else can read them, and they go with whoever has them open.</summary>
internal static class SpillFile
{
    private const int NameBytes = 12;

    public static FileStream Create()
    {
        var path = Path.Combine(Path.GetTempPath(), $"holdfast-body-{Entropy.System.NextText(NameBytes)}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = OperatingSystem.IsWindows() ? FileShare.None : FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, options);
        }

        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);

        // Taken from the folder at once, so that not even kill -9 leaves it behind.
        File.Delete(path);
        return file;
    }
}
