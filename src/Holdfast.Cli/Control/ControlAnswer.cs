using Holdfast.Cli.Status;

namespace Holdfast.Cli.Control;

/// <summary>What the supervisor answers, each a line of JSON: notes while it works, then what came of it.</summary>
/// <param name="Error">Why it could not be done; null when it was.</param>
/// <param name="Status">The topology as it is, when that was asked.</param>
internal sealed record ControlAnswer(string? Error = null, TopologyStatus? Status = null)
{
    /// <summary>How far it has come, when this is not the last line.</summary>
    public string? Note { get; init; }
}
