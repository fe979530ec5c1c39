namespace Holdfast.Cli.Control;

/// <summary>Does what was asked.</summary>
/// <param name="request">What was asked.</param>
/// <param name="tell">Tells whoever asked how far it has come.</param>
internal delegate Task<ControlAnswer> ControlHandler(ControlRequest request, Func<string, Task> tell);
