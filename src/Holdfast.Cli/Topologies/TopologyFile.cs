namespace Holdfast.Cli.Topologies;

/// <summary>Finds the topology file that a command line means.</summary>
internal static class TopologyFile
{
    public const string Name = "holdfast.yaml";

    /// <summary>Largest file that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The file at the path, or the one in the folder at the path.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static string Find(string path)
    {
        var full = Resolve(Path.GetFullPath(path));
        if (Directory.Exists(full))
        {
            var inside = Path.Combine(full, Name);
            return File.Exists(inside)
                ? inside
                : throw new CommandException($"there is no {Name} in {full}: write one, or name the folder or file that has the topology");
        }

        return File.Exists(full)
            ? full
            : throw new CommandException($"{full} does not exist: name a topology file, or a folder that holds {Name}");
    }

    public static string Read(string file)
    {
        try
        {
            return new FileInfo(file).Length <= MaxBytes
                ? File.ReadAllText(file)
                : throw new CommandException($"{file} is larger than {MaxBytes} bytes: that is no topology file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} can't be read: {error.Message}");
        }
    }

    /// <summary>Two ways to one folder must lead to one lock.</summary>
    private static string Resolve(string path)
    {
        try
        {
            return Directory.Exists(path)
                ? new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path
                : path;
        }
        catch (IOException)
        {
            return path;
        }
    }
}
