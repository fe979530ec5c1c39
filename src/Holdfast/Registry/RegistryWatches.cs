namespace Holdfast;

/// <summary>Watches on the registry's records that all end in one pulse. Not safe for concurrent use.</summary>
internal sealed class RegistryWatches(StateEngine engine, Action pulse) : IAsyncDisposable
{
    private readonly Dictionary<Address, (Watch Watch, Task Pump)> running = [];

    /// <summary>Watches this record, if it is not watched yet.</summary>
    public async ValueTask WatchAsync(Address address, CancellationToken cancellationToken)
    {
        if (!running.ContainsKey(address))
        {
            var watch = await engine.WatchAsync(address, cancellationToken).ConfigureAwait(false);
            running.Add(address, (watch, PumpAsync(watch)));
        }
    }

    /// <summary>Ends the watches on all other records.</summary>
    public async ValueTask KeepOnlyAsync(IReadOnlyCollection<Address> addresses)
    {
        foreach (var gone in running.Keys.Except(addresses).ToArray())
        {
            running.Remove(gone, out var old);
            await EndAsync(old.Watch, old.Pump).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (watch, pump) in running.Values)
        {
            await EndAsync(watch, pump).ConfigureAwait(false);
        }

        running.Clear();
    }

    private static async ValueTask EndAsync(Watch watch, Task pump)
    {
        await watch.DisposeAsync().ConfigureAwait(false);
        await pump.ConfigureAwait(false);
    }

    private async Task PumpAsync(Watch watch)
    {
        try
        {
            while (true)
            {
                await watch.WaitAsync().ConfigureAwait(false);
                pulse();
            }
        }
        catch (ObjectDisposedException)
        {
            // The watch has ended, by us or with its engine.
        }
    }
}
