namespace Holdfast.Tree.Tests;

/// <summary>The repository's files.</summary>
internal static class Tree
{
    private static readonly string[] Skipped = ["bin", "obj", "artifacts", "node_modules", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>The files under a folder, without what builds and runs leave behind.</summary>
    public static IEnumerable<string> Files(string folder, string pattern = "*")
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var below = Directory.GetDirectories(folder).Where(static path =>
            !Skipped.Contains(Path.GetFileName(path)) && (Path.GetFileName(path)[0] != '.' || Path.GetFileName(path) == ".ci"));
        return Directory.GetFiles(folder, pattern).Concat(below.SelectMany(path => Files(path, pattern))).Order(StringComparer.Ordinal);
    }

    public static IEnumerable<SourceFile> Sources(params string[] folders) =>
        folders.SelectMany(folder => Files(PathOf(folder), "*.cs")).Select(static path => SourceFile.Parse(Relative(path), File.ReadAllText(path)));

    public static IEnumerable<string> Pages() => Files(PathOf("docs"), "*.md").Prepend(PathOf("README.md"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Holdfast.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No repository around {AppContext.BaseDirectory}.");
    }
}
