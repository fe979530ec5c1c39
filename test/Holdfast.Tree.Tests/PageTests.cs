using System.Text.RegularExpressions;

namespace Holdfast.Tree.Tests;

/// <summary>What the pages say can be followed: their code compiles, and their links lead somewhere.</summary>
public sealed partial class PageTests
{
    [Fact]
    public void Code_in_the_pages_compiles()
    {
        var problems = Tree.Pages().SelectMany(static path => PageCode.ProblemsOf(Tree.Relative(path), File.ReadAllText(path))).ToArray();
        Assert.True(problems.Length == 0, string.Join('\n', problems));
    }

    [Fact]
    public void Links_to_the_repositorys_files_lead_to_a_file()
    {
        var broken =
            from path in Tree.Pages()
            from link in Link().Matches(File.ReadAllText(path))
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            let file = Path.Combine(Path.GetDirectoryName(path)!, Uri.UnescapeDataString(target))
            where !File.Exists(file) && !Directory.Exists(file)
            select $"{Tree.Relative(path)}: {target} does not exist.";
        Assert.True(!broken.Any(), string.Join('\n', broken));
    }

    [Fact]
    public void Code_that_does_not_compile_is_found_with_its_line()
    {
        const string Page = "# Page\n\n```csharp\nvar a = 1;\nConsole.WriteLine(a + b);\n```\n\n```sh\nno code\n```\n";
        Assert.Contains("docs/page.md:5:", Assert.Single(PageCode.ProblemsOf("docs/page.md", Page)), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_may_lean_on_what_a_comment_before_it_gives()
    {
        const string Page = "<!-- given: StateEngine engine = null!; -->\n```csharp\nusing System.Text;\nvar read = await engine.ReadAsync(Address.Parse(\"cart/u42\"));\nclass A { StringBuilder? text; }\n```\n";
        Assert.Empty(PageCode.ProblemsOf("docs/page.md", Page));
    }

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
