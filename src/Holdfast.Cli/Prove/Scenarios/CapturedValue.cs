namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>What a name in braces stands for during one run.</summary>
/// <param name="Text">The value as text.</param>
/// <param name="Json">The value as JSON where it was captured from JSON and is no text, so that a number stays one.</param>
internal sealed record CapturedValue(string Text, string? Json = null);
