using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Holdfast.Gateway.Tests.Overload.Simulation;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

/// <summary>Gateways in processes of their own, as <c>holdfast gateway</c>.</summary>
public sealed class GatewayProcessTests : IAsyncLifetime
{
    /// <summary>Longer than a client tries to connect to a gateway that takes no connections, in seconds.</summary>
    private const string LongDrain = "100";

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-gateway-").FullName;
    private readonly int port = FreePort.Next();
    private readonly int admin = FreePort.Next();
    private Rig rig = null!;

    public async ValueTask InitializeAsync() => rig = await Rig.StartAsync(instances: 3);

    public async ValueTask DisposeAsync()
    {
        await rig.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Two_gateways_share_a_port_and_when_one_is_killed_only_what_it_had_in_flight_fails()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        using var ending = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 16).Select(_ => new SteadyClient(port)).ToArray();
        var working = clients.Select(client => client.WorkAsync(ending.Token)).ToArray();
        await Task.WhenAll(clients.Select(client => client.AnsweredAsync(20)));

        first.Signal("KILL");
        await first.EndAsync();
        await Task.WhenAll(clients.Select(client => client.AnsweredAsync(client.Answered + 20)));

        await ending.CancelAsync();
        await Task.WhenAll(working);

        // What a client had in flight, and then, while the kernel takes the process down, what still gets into its accept queue.
        Assert.All(clients, client => Assert.InRange(client.Failures.Count, 0, 2));
        second.Signal("TERM");
        Assert.Equal(0, await second.EndAsync());
    }

    [Fact]
    public async Task A_gateway_that_is_told_to_end_takes_no_connections_and_finishes_what_it_has()
    {
        await using var gateway = await StartAsync("--drain-seconds", LongDrain);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var hanging = client.GetAsync("/hang");
        await Eventually.HoldsAsync(() => Task.FromResult(Holder() is not null));

        gateway.Signal("TERM");
        await Eventually.HoldsAsync(async () => !await TakesConnectionsAsync());
        using var direct = new HttpClient { BaseAddress = Holder()!.Url };
        await direct.GetAsync("/release");

        using var response = await hanging;
        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal(0, await gateway.EndAsync());
    }

    [Fact]
    public async Task Where_files_are_short_clients_that_rest_give_theirs_and_no_instance_is_blamed()
    {
        const int OpenFiles = 400;
        const int Silent = 2 * OpenFiles;
        await using var gateway = HoldfastTool.Start(folder, OpenFiles, "gateway", "--port", $"{port}", "--state", rig.Store.ConnectionString);
        await gateway.SeeAsync("ready on");
        var silent = Enumerable.Range(0, Silent).Select(static _ => new TcpClient()).ToArray();
        await Task.WhenAll(silent.Select(client => client.ConnectAsync(IPAddress.Loopback, port)));
        for (var i = 0; i < 10; i++)
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = HoldfastTool.Deadline };
            using var response = await client.GetAsync("/");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Array.ForEach(silent, static client => client.Dispose());
        Assert.DoesNotContain(" is out, ", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hundreds_of_equal_failures_are_few_lines_that_tell_their_number_and_metrics_count_each()
    {
        const int Requests = 300;

        // All of them fail: a breaker would turn away what comes after two seconds of that.
        await rig.Registry.DeclareAsync(new ServiceDeclaration(Rig.Shop.Name, Rig.Shop.Routes, Rig.Shop.HealthPath)
        {
            Settings = new Dictionary<string, string> { ["breaker"] = "off" },
        });
        await using var gateway = await StartAsync("--admin-port", $"{admin}");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        for (var sent = 0; sent < Requests; sent++)
        {
            using var response = await client.PostAsync("/drop", null);
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        }

        var metrics = await client.GetStringAsync($"http://127.0.0.1:{admin}/metrics");
        Assert.Contains($"holdfast_gateway_requests_total{{service=\"shop\"}} {Requests}\n", metrics, StringComparison.Ordinal);
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.EndAsync());
        var lines = gateway.Lines.Where(static line => line.Contains("which is not repeated", StringComparison.Ordinal)).ToList();
        Assert.True(lines.Count < Requests / 5, gateway.Output);
        Assert.Equal(Requests, lines.Sum(static line => Regex.Match(line, @", (\d+) times more within") is { Success: true } more ? int.Parse(more.Groups[1].Value, CultureInfo.InvariantCulture) : 1));
    }

    [Fact]
    public async Task One_that_is_told_to_end_before_it_listens_has_ended_well()
    {
        await using var gateway = HoldfastTool.Start(
            folder, "gateway", "--port", $"{port}", "--admin-port", $"{admin}", "--state", $"redis://127.0.0.1:{FreePort.Next()}");
        using var operators = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{admin}") };
        await Eventually.HoldsAsync(async () => await IsAliveAsync(operators));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await operators.GetAsync("/readyz")).StatusCode);

        gateway.Signal("TERM");

        Assert.True(await gateway.EndAsync() == 0, gateway.Output);
        Assert.DoesNotContain("Unhandled", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_is_under_way_when_a_gateway_is_told_to_end_is_finished()
    {
        await using var gateway = await StartAsync("--drain-seconds", LongDrain);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var rest = new TaskCompletionSource();
        var upload = client.PutAsync("/upload", new PausedUpload(rest.Task));
        await Eventually.HoldsAsync(() => Task.FromResult(Holder("PUT /upload") is not null));

        gateway.Signal("TERM");
        await Eventually.HoldsAsync(async () => !await TakesConnectionsAsync());
        rest.SetResult();

        using var response = await upload;
        Assert.True(response.IsSuccessStatusCode);
        Assert.True((await response.Content.ReadAsStringAsync()).Length > PausedUpload.Length);
        Assert.Equal(0, await gateway.EndAsync());
    }

    [Fact]
    public async Task What_does_not_finish_in_time_is_cut_when_a_gateway_ends()
    {
        await using var gateway = await StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var hanging = client.GetAsync("/hang");
        await Eventually.HoldsAsync(() => Task.FromResult(Holder() is not null));

        gateway.Signal("TERM");

        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
        Assert.Equal(0, await gateway.EndAsync());
    }

    [Fact]
    public async Task A_port_that_something_else_has_is_named()
    {
        using var other = new TcpListener(System.Net.IPAddress.Loopback, port);
        other.Start();

        var (code, output) = await HoldfastTool.RunAsync(folder, "gateway", "--port", $"{port}", "--state", rig.Store.ConnectionString);

        Assert.Equal(1, code);
        Assert.Contains($"127.0.0.1:{port}", output);
        Assert.Contains("--port", output);
    }

    [Fact]
    public async Task A_port_that_something_else_has_is_told_before_the_store_is_waited_for()
    {
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();

        // No time passes: who waited for the store would wait for ever.
        var options = new GatewayOptions
        {
            Port = port,
            Clock = new SimulatedTime(),
            OpenStore = static (_, _) => throw new StateUnavailableException("away"),
        };
        var fault = await Assert.ThrowsAsync<IOException>(() => GatewayHost.StartAsync(options).WaitAsync(HoldfastTool.Deadline));
        Assert.Contains($"127.0.0.1:{port} is taken", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, "--port", "gateway")]
    [InlineData(64, "4K to 1T", "gateway", "--port", "8080", "--access-log", "a.log", "--access-log-size", "1K", "--state", "redis://127.0.0.1")]
    [InlineData(64, "give --access-log, too", "gateway", "--port", "8080", "--access-log-size", "10M", "--state", "redis://127.0.0.1")]
    [InlineData(64, "0 to 100", "gateway", "--port", "8080", "--access-log", "a.log", "--access-log-keep", "101", "--state", "redis://127.0.0.1")]
    [InlineData(64, "65535", "gateway", "--port", "65536", "--state", "redis://127.0.0.1")]
    [InlineData(64, "--host", "gateway", "--port", "8080", "--host", "nowhere", "--state", "redis://127.0.0.1")]
    [InlineData(1, "HOLDFAST_STATE", "gateway", "--port", "8080")]
    [InlineData(1, "redis://", "gateway", "--port", "8080", "--state", "nonsense")]
    public async Task A_command_line_that_cannot_be_followed_names_what_to_say_instead(int expected, string named, params string[] arguments)
    {
        var (code, output) = await HoldfastTool.RunAsync(folder, arguments);

        Assert.Equal(expected, code);
        Assert.Contains(named, output);
    }

    private async Task<HoldfastTool> StartAsync(params string[] further)
    {
        var gateway = HoldfastTool.Start(folder, ["gateway", "--port", $"{port}", "--state", rig.Store.ConnectionString, .. further]);
        await gateway.SeeAsync("ready on");
        return gateway;
    }

    private BackendProcess? Holder(string request = "GET /hang") =>
        new[] { "shop-1", "shop-2", "shop-3" }.Select(id => rig[id]).FirstOrDefault(backend => backend.Seen.Contains(request));

    private static async Task<bool> IsAliveAsync(HttpClient operators)
    {
        try
        {
            using var response = await operators.GetAsync("/livez");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<bool> TakesConnectionsAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
