namespace Holdfast.TestServers;

/// <summary>The source tree in which the tests were built.</summary>
internal static class Repository
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory);

    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>Where test runs leave their results.</summary>
    public static string Results => Directory.CreateDirectory(Path.Combine(Root, "artifacts", "results")).FullName;

    /// <summary>A project's program, by its folder (as <c>samples/Shop</c>), built in the same configuration as these tests.</summary>
    public static string ProgramOf(string project) =>
        Path.Combine(Root, project, "bin", Output.Parent!.Name, "net10.0", Path.GetFileName(project) + ".dll");

    private static string Find()
    {
        var folder = Output;
        while (!File.Exists(Path.Combine(folder.FullName, "Holdfast.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests don't lie in the source tree.");
        }

        return folder.FullName;
    }
}
