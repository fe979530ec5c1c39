using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Holdfast.Tree.Tests;

/// <summary>The shell scripts: strict, clean, and true to the tests that they name.</summary>
public sealed partial class ScriptTests
{
    [Fact]
    public void Shell_scripts_pass_shellcheck()
    {
        var start = new ProcessStartInfo("shellcheck") { WorkingDirectory = Tree.Root, RedirectStandardOutput = true };
        start.ArgumentList.Add("-x");
        foreach (var script in Scripts())
        {
            start.ArgumentList.Add(script);
        }

        using var shellcheck = Process.Start(start)!;
        var told = shellcheck.StandardOutput.ReadToEnd();
        shellcheck.WaitForExit();
        Assert.True(shellcheck.ExitCode == 0, told);
    }

    [Fact]
    public void Shell_scripts_stop_at_the_first_failure()
    {
        Assert.Contains(Tree.PathOf("eng", "test"), Scripts());
        Assert.All(Scripts().Where(static path => FirstLine(path).StartsWith("#!", StringComparison.Ordinal)), static path =>
            Assert.Matches(@"(?m)^set -e", File.ReadAllText(path)));
    }

    [Fact]
    public void Every_long_experiment_is_a_test_and_every_such_test_is_listed()
    {
        var tests = Tree.Sources("test", "src/Holdfast.Testing").SelectMany(static file => Trait().Matches(file.Syntax.ToString())).Select(static match => match.Groups[1].Value);
        var listed = Listed().Matches(File.ReadAllText(Tree.PathOf("eng", "long"))).Select(static match => match.Groups[1].Value);
        Assert.Equal(tests.Distinct().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Scripts() => Tree.Files(Tree.Root).Where(static path =>
        path.EndsWith(".sh", StringComparison.Ordinal) || ShellLine().IsMatch(FirstLine(path)));

    private static string FirstLine(string path)
    {
        using var reader = new StreamReader(path);
        Span<char> start = stackalloc char[64];
        var text = start[..reader.ReadBlock(start)].ToString();
        return text.Split('\n')[0];
    }

    [GeneratedRegex(@"^#!.*\b(ba|da)?sh\b")]
    private static partial Regex ShellLine();

    [GeneratedRegex(@"\[Trait\(""Experiment"", ""(R\d+|[a-z]+)""\)\]")]
    private static partial Regex Trait();

    [GeneratedRegex(@"(?m)^    ""(R\d+|[a-z]+)\|")]
    private static partial Regex Listed();
}
