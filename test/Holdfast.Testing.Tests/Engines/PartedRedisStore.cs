using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>A redis-server in a network of its own, which routes that swallow everything part from its clients, one way or both (R20).</summary>
public sealed class PartedRedisStore : FaultyStore
{
    private NetworkNamespace network = null!;
    private RedisServer server = null!;

    /// <inheritdoc/>
    public override string ConnectionString => server.ConnectionString;

    /// <inheritdoc/>
    public override Task<int> PidAsync() => Task.FromResult(server.Pid);

    /// <inheritdoc/>
    public override IReadOnlyList<StoreFault> Faults =>
    [
        new("nothing comes in", () => PartAsync(isInward: true, isOutward: false)),
        new("nothing goes out", () => PartAsync(isInward: false, isOutward: true)),
        new("neither way", () => PartAsync(isInward: true, isOutward: true)),
    ];

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        network = await NetworkNamespace.MakeAsync();
        server = await RedisServer.StartAsync(isTcp: true, isDurable: true, network: network);
    }

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await server.KillAsync();
        await server.RestartAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await network.DisposeAsync();
        await base.DisposeAsync();
    }

    private async ValueTask PartAsync(bool isInward, bool isOutward)
    {
        if (isInward)
        {
            await network.PartInwardAsync();
        }

        if (isOutward)
        {
            await network.PartOutwardAsync();
        }

        await Task.Delay(Length);
        await network.HealAsync();
    }
}
