using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

public sealed class ModelFixture : EngineFixture
{
    private readonly ModelStore store;

    public ModelFixture()
        : this(ModelFault.None, DefaultPatience)
    {
    }

    internal ModelFixture(ModelFault fault, TimeSpan patience)
    {
        store = new ModelStore(PartitionMap.DefaultCount, fault);
        Patience = patience;
    }

    public override TimeSpan Patience { get; }

    public override ValueTask<StateEngine> OpenAsync(StateEngineOptions options) => ValueTask.FromResult<StateEngine>(new ModelEngine(store, options));

    public override ValueTask RestartStoreAsync()
    {
        store.Restart();
        return ValueTask.CompletedTask;
    }
}
