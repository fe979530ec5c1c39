using System.Text.RegularExpressions;

namespace Holdfast.Cli.Topologies;

/// <summary>The program that a shell command begins with.</summary>
internal static partial class CommandWord
{
    // What the shell knows itself (POSIX shell language, 2.9 and 2.14, and the built-in utilities of dash).
    private static readonly HashSet<string> Builtins =
    [
        "alias", "bg", "break", "case", "cd", "command", "continue", "echo", "eval", "exit", "export", "false", "fg", "for", "getopts", "hash",
        "if", "jobs", "kill", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "test", "times", "trap", "true", "type",
        "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
    ];

    /// <summary>The first word that names a program; null when that takes a shell to tell.</summary>
    public static string? Of(string command)
    {
        foreach (var word in command.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word is "exec" || Assignment().IsMatch(word))
            {
                continue;
            }

            return Plain().IsMatch(word) && !Builtins.Contains(word) ? word : null;
        }

        return null;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_./:@%+,-]*$")]
    private static partial Regex Assignment();

    [GeneratedRegex("^[A-Za-z0-9_/][A-Za-z0-9_./+-]*$|^\\.{1,2}/[A-Za-z0-9_./+-]*$")]
    private static partial Regex Plain();
}
