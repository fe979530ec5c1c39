namespace Holdfast.Cli;

/// <summary>What the tool tells the shell. A contract for scripts.</summary>
internal static class ExitCode
{
    /// <summary>What was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>It could not be done; standard error says why and what helps.</summary>
    public const int Failed = 1;

    /// <summary>Of <c>prove</c>: the application is stateful.</summary>
    public const int Stateful = 1;

    /// <summary>Of <c>prove</c>: neither is shown, or nothing could be proved.</summary>
    public const int Inconclusive = 2;

    /// <summary>Of <c>node check</c> and <c>node backup</c>: the data folder is damaged.</summary>
    public const int Damaged = 2;

    /// <summary>The command line could not be understood (EX_USAGE of sysexits.h).</summary>
    public const int Usage = 64;

    /// <summary>A second Ctrl-C cut the clean stop short (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
