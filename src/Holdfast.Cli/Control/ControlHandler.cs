namespace Holdfast.Cli.Control;

/// <summary>Does what was asked.</summary>
/// <param name="request">What was asked.</param>
/// <param name="tell">Tells whoever asked how far it has come.</param>
/// <param name="gone">Ends when whoever asked does not wait any more: what has begun to change something goes on.</param>
internal delegate Task<ControlAnswer> ControlHandler(ControlRequest request, Func<string, Task> tell, CancellationToken gone);
