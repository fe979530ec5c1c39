using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Tests.Node.Clients;

/// <summary>redis-benchmark, many clients that send several commands at once: each is answered, and with no error, at which it would end.</summary>
public sealed class RedisBenchmarkTests(NodeHost host) : IClassFixture<NodeHost>
{
    private const int Requests = 5000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(200);
    private static readonly string[] Operations = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "HSET"];

    [Theory]
    [InlineData(1, 50)]
    [InlineData(16, 50)]
    [InlineData(64, 8)]
    public async Task It_is_served_to_its_end(int pipeline, int clients)
    {
        var increments = Counter();
        using var benchmark = Process.Start(new ProcessStartInfo(
            "redis-benchmark",
            ["-s", host.SocketPath, "-n", Text(Requests), "-c", Text(clients), "-P", Text(pipeline), "-t", string.Join(',', Operations).ToLowerInvariant(), "--csv"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var timeout = new CancellationTokenSource(Deadline);
        await using var end = timeout.Token.Register(benchmark.Kill);
        var errors = benchmark.StandardError.ReadToEndAsync(CancellationToken.None);
        var lines = (await benchmark.StandardOutput.ReadToEndAsync(CancellationToken.None)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await benchmark.WaitForExitAsync(CancellationToken.None);

        Assert.True(benchmark.ExitCode == 0, string.Join('\n', lines) + await errors);
        Assert.Equal(Operations, lines.Select(static line => line.Split('"')[1]).Where(Operations.Contains));
        Assert.InRange(Counter() - increments, Requests, Requests + (clients * pipeline));
    }

    private long Counter()
    {
        using var client = host.Connect();
        return client.Ask("GET", "counter:__rand_int__") is string count ? long.Parse(count, CultureInfo.InvariantCulture) : 0;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
