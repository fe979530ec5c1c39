namespace Holdfast.Cli.Supervision;

/// <summary>How a process's life ended.</summary>
/// <param name="Text">What happened, to go after the process's name.</param>
internal sealed record ProcessEnd(string Text)
{
    /// <summary>How long it was ready; null when it never was.</summary>
    public TimeSpan? ReadyFor { get; init; }

    /// <summary>Whether it took too long to become ready.</summary>
    public bool IsTimeout { get; init; }

    /// <summary>Whether somebody else ended it.</summary>
    public bool IsKill { get; init; }
}
