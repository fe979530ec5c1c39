namespace Holdfast.Cli;

/// <summary>Ends a command with <see cref="ExitCode.Failed"/>; the message goes to standard error and names the remedy.</summary>
internal sealed class CommandException(string message) : Exception(message)
{
    /// <summary>Whether the message's lines say by themselves where they come from, as those that name a file do.</summary>
    public bool IsVerbatim { get; init; }
}
