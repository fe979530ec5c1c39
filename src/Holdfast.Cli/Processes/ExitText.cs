namespace Holdfast.Cli.Processes;

/// <summary>How a process's end is told.</summary>
internal static class ExitText
{
    /// <summary>The exit code, or the signal that ended the process.</summary>
    public static string Of(int code) => code > 128 ? $"signal {code - 128}" : $"exit code {code}";
}
