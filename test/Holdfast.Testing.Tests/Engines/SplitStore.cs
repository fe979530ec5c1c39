using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>
/// A store on several hosts, one of which is cut off with the primary on it, until the others have another (R20): from them alone, so that
/// clients reach both sides, or with nobody but who is on that host.
/// </summary>
public abstract class SplitStore : FaultyStore
{
    private NetworkSegment? segment;
    private int split;
    private bool isWhole = true;

    /// <summary>One of them in the small run: each takes as long as a failover and its mending.</summary>
    public override IReadOnlyList<StoreFault> Faults =>
    [
        .. new StoreFault[]
        {
            new("the primary's host is parted from the others", () => SplitAsync(isAlone: false)),
            new("the primary's host is parted from all", () => SplitAsync(isAlone: true)),
        }.Take(Experiment.Count(1, 2)),
    ];

    /// <summary>The host of a primary: the one that is cut off.</summary>
    internal NetworkNamespace Host => segment!.Hosts[HostNumber];

    /// <summary>Its number.</summary>
    protected abstract int HostNumber { get; }

    /// <summary>How many hosts there are.</summary>
    protected abstract int Hosts { get; }

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        segment = await NetworkSegment.MakeAsync(Hosts);
        try
        {
            await StartAsync(segment);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens an engine, on a store that is whole: what a test before this one left parted, because it failed or had no more need of it, is mended first.</summary>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options)
    {
        if (!isWhole)
        {
            await HealAsync();
            await UntilWholeAsync();
        }

        return await base.OpenAsync(options);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            if (segment is { } made)
            {
                segment = null;
                await made.DisposeAsync();
            }

            await base.DisposeAsync();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>An affinity that the primary on <see cref="Host"/> has.</summary>
    public abstract Task<string> AffinityAsync(PartitionMap partitions);

    /// <summary>Cuts the host off, and returns once another primary has taken the place of its own.</summary>
    /// <param name="isAlone">Whether clients elsewhere don't reach it either.</param>
    public async Task PartAsync(bool isAlone)
    {
        (split, isWhole) = (HostNumber, false);
        await PrepareAsync();
        await (isAlone ? segment!.UnplugAsync(split) : segment!.PartAsync(split));
        await ReplacedAsync();
    }

    /// <summary>Joins the host with the others again.</summary>
    public Task HealAsync() => segment!.HealAsync(split);

    /// <summary>Waits until the store is whole again, with a primary on <see cref="Host"/>.</summary>
    public async Task UntilWholeAsync()
    {
        await MendAsync();
        isWhole = true;
    }

    private protected abstract Task StartAsync(NetworkSegment hosts);

    private protected abstract Task PrepareAsync();

    private protected abstract Task ReplacedAsync();

    private protected abstract Task MendAsync();

    private protected abstract Task StopAsync();

    private async ValueTask SplitAsync(bool isAlone)
    {
        await PartAsync(isAlone);
        await Task.Delay(Length);
        await HealAsync();
        await UntilWholeAsync();
    }
}
