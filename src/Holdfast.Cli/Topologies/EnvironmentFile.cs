using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Cli.Topologies;

/// <summary>
/// A file of variables, one <c>NAME=value</c> a line: blank lines and those that begin with <c>#</c> are passed over,
/// <c>export</c> may stand before a name, and quotes around a value are taken off. Nothing is expanded. What is wrong is
/// told by line and never with the text of the line, which may be a secret.
/// </summary>
internal static partial class EnvironmentFile
{
    /// <summary>Largest file of variables, or of a secret, that is read, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The variables of a file, and what is wrong with it.</summary>
    public static (IReadOnlyList<KeyValuePair<string, string>> Variables, IReadOnlyList<string> Problems) Read(string path, string shown)
    {
        var (text, problem) = ReadText(path, shown);
        if (problem is not null)
        {
            return ([], [problem]);
        }

        var variables = new List<KeyValuePair<string, string>>();
        var problems = new List<string>();
        foreach (var (index, line) in text.Split('\n').Index())
        {
            var trimmed = line.Trim();
            if (trimmed.Length == 0 || trimmed[0] == '#')
            {
                continue;
            }

            if (Form().Match(trimmed) is { Success: true } match)
            {
                variables.Add(new(match.Groups["name"].Value, Unquote(match.Groups["value"].Value)));
            }
            else
            {
                problems.Add($"line {index + 1} of {shown} is no variable: write NAME=value, or # before a remark");
            }
        }

        return (variables, problems);
    }

    /// <summary>A file that holds one secret, without the line break at its end.</summary>
    public static (string Value, string? Problem) ReadSecret(string path, string shown)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var (text, problem) = ReadText(path, shown);
        if (problem is null && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & others) != 0)
        {
            problem = $"{shown} can be read or written by other users: chmod 600 {shown}";
        }

        return problem is not null ? ("", problem)
            : text.TrimEnd('\r', '\n') is { Length: > 0 } value ? (value, null)
            : ("", $"{shown} is empty: write the secret into it");
    }

    private static (string Text, string? Problem) ReadText(string path, string shown)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            {
                return ("", $"{shown} is larger than {MaxBytes} bytes: that is too much for variables");
            }

            var text = Encoding.UTF8.GetString(File.ReadAllBytes(path));
            return text.Contains('\0') ? ("", $"{shown} has a zero byte in it, which no variable can hold") : (text, null);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return ("", $"{shown} is not there: {path} does not exist");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ("", $"{shown} can't be read: {error.Message}");
        }
    }

    private static string Unquote(string value) =>
        value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;

    [GeneratedRegex(@"^(export\s+)?(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?<value>.*)$")]
    private static partial Regex Form();
}
