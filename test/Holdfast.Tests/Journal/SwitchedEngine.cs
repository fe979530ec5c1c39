namespace Holdfast.Tests.Journal;

/// <summary>An engine whose store can be taken away, given back, and exchanged for another.</summary>
internal sealed class SwitchedEngine(StateEngine store) : ForwardingEngine(store.Options)
{
    private volatile StateEngine? inner = store;

    /// <summary>The store; there is none while it is away.</summary>
    protected override StateEngine Inner => inner ?? throw new StateUnavailableException("The store is away.");

    public void Switch(StateEngine? to) => inner = to;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
