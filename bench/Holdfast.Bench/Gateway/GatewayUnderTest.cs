using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary><c>holdfast gateway</c> in a process of its own, on a registry with the backend as its only instance.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private static readonly ServiceDeclaration Service = new("backend", ["/"], "/healthz");
    private readonly RedisServer redis;
    private readonly StateEngine engine;
    private readonly HoldfastTool tool;
    private readonly PeriodicTimer timer = new(ServiceRegistry.RenewalInterval);
    private readonly Task renewing;

    private GatewayUnderTest(RedisServer redis, StateEngine engine, InstanceRegistration registration, HoldfastTool tool, Uri url)
    {
        (this.redis, this.engine, this.tool, Url) = (redis, engine, tool, url);
        renewing = RenewAsync(registration);
    }

    public Uri Url { get; }

    public int Pid => tool.Pid;

    public static async Task<GatewayUnderTest> StartAsync(string folder, Uri backend)
    {
        var redis = await RedisServer.StartAsync();
        var engine = await RedisEngine.OpenAsync(redis.ConnectionString);
        var registration = await new ServiceRegistry(engine).RegisterAsync(Service, "backend-1", backend, InstanceState.Ready);
        var port = FreePort.Next();
        var tool = HoldfastTool.Start(
            folder, new Dictionary<string, string> { ["DOTNET_gcServer"] = "0" },
            "gateway", "--port", $"{port}", "--state", redis.ConnectionString, "--access-log", Path.Combine(folder, "gateway.log"));
        await tool.SeeAsync("ready on");
        return new GatewayUnderTest(redis, engine, registration, tool, new Uri($"http://127.0.0.1:{port}"));
    }

    public async ValueTask DisposeAsync()
    {
        timer.Dispose();
        await renewing;
        await tool.DisposeAsync();
        await engine.DisposeAsync();
        await redis.DisposeAsync();
    }

    private async Task RenewAsync(InstanceRegistration registration)
    {
        while (await timer.WaitForNextTickAsync())
        {
            await registration.RenewAsync();
        }
    }
}
