namespace Holdfast.Cli.Supervision;

/// <summary>How a process's life ended.</summary>
/// <param name="Text">What happened, to go after the process's name.</param>
internal sealed record ProcessEnd(string Text)
{
    /// <summary>How long it was ready; null when it never was.</summary>
    public TimeSpan? ReadyFor { get; init; }

    /// <summary>What it printed last, oldest first.</summary>
    public IReadOnlyList<string> LastLines { get; init; } = [];

    /// <summary>The text, and the last lines below it, where they tell why.</summary>
    public string Report => LastLines.Count == 0
        ? $"{Text}; it printed nothing"
        : $"{Text}; its last lines:{string.Concat(LastLines.Select(static line => $"\n    {line}"))}";

    /// <summary>Whether it took too long to become ready.</summary>
    public bool IsTimeout { get; init; }

    /// <summary>Whether somebody else ended it.</summary>
    public bool IsKill { get; init; }
}
