using Holdfast.Cli.Status;

namespace Holdfast.Cli.Control;

/// <summary>What the supervisor answers, once it is done: one line of JSON.</summary>
/// <param name="Error">Why it could not be done; null when it was.</param>
/// <param name="Status">The topology as it is, when that was asked.</param>
internal sealed record ControlAnswer(string? Error = null, TopologyStatus? Status = null);
