using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>One server that is killed, stopped, and reached by a way that is parted, slowed and cut.</summary>
public abstract class ProxiedStore : FaultyStore
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>The way to the server.</summary>
    private protected FaultProxy Proxy { get; set; } = null!;

    /// <inheritdoc/>
    public override IReadOnlyList<StoreFault> Faults =>
    [
        new("kill", RestartStoreAsync),
        new("pause", PauseAsync),
        new("partition", () => PartAsync(Proxy.Part)),
        new("partition of the answers", () => PartAsync(Proxy.FromStore.Hold)),
        new("partition of the calls", () => PartAsync(Proxy.ToStore.Hold)),
        new("cut", () => CutAsync()),
        new("cut in an answer", () => CutInAsync(Proxy.FromStore, 777)),
        new("cut in a call", () => CutInAsync(Proxy.ToStore, 555)),
        new("delay", DelayAsync),
    ];

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async ValueTask PartAsync(Action part)
    {
        part();
        await Task.Delay(Length);
        Proxy.Release();
    }

    private ValueTask CutAsync()
    {
        Proxy.Cut();
        return ValueTask.CompletedTask;
    }

    // Clients are at work, so that soon enough is said.
    private static async ValueTask CutInAsync(ProxyFlow flow, int bytes)
    {
        using var patience = new CancellationTokenSource(LongestWait);
        flow.CutAfter(bytes);
        while (!flow.HasCut)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private async ValueTask DelayAsync()
    {
        Proxy.ToStore.Delay = Proxy.FromStore.Delay = TimeSpan.FromMilliseconds(40);
        await Task.Delay(Length);
        Proxy.ToStore.Delay = Proxy.FromStore.Delay = TimeSpan.Zero;
    }
}
