using System.Net;
using System.Text.Json;
using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Tests.Telemetry;

public sealed class TelemetryTests : IDisposable
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-log-").FullName;

    [Fact]
    public async Task A_clients_trace_goes_on_with_a_span_of_the_gateway()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        var (headers, _) = await AskAsync(rig, ("traceparent", Parent), ("tracestate", "vendor=1"));

        var told = headers.GetProperty("traceparent").GetString()!;
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", told, StringComparison.Ordinal);
        Assert.EndsWith("-01", told, StringComparison.Ordinal);
        Assert.DoesNotContain("b7ad6b7169203331", told);
        Assert.Equal("vendor=1", headers.GetProperty("tracestate").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra")]
    [InlineData("nonsense")]
    public async Task Without_a_trace_that_is_one_a_new_one_begins(string told)
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        var (headers, _) = await AskAsync(rig, ("traceparent", told), ("tracestate", "vendor=1"));

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-00$", headers.GetProperty("traceparent").GetString());
        Assert.DoesNotContain("0af7651916cd43dd8448eb211c80319c", headers.ToString());
        Assert.False(headers.TryGetProperty("tracestate", out _));
    }

    [Fact]
    public async Task Client_instance_and_access_log_know_a_request_by_one_id()
    {
        var file = Path.Combine(folder, "access.log");
        await using var rig = await Rig.StartAsync(instances: 1, options => options with { OpenAccessLog = () => new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite) });

        var (headers, id) = await AskAsync(rig, ("User-Agent", "a \"quoted\" one"));
        Assert.Equal(id, headers.GetProperty("x-request-id").GetString());
        Assert.Equal("my-id", (await AskAsync(rig, ("X-Request-Id", "my-id"))).Id);
        Assert.NotEqual("my id", (await AskAsync(rig, ("X-Request-Id", "my id"))).Id);

        await rig.StopGatewayAsync();
        var lines = await File.ReadAllLinesAsync(file);
        Assert.Equal(3, lines.Length);
        Assert.Matches($"""^127\.0\.0\.1 - - \[[^]]+\] "GET /some\?thing=1 HTTP/1\.1" 200 \d+ "-" "a \\x22quoted\\x22 one" shop shop-1 {id} \d+\.\d+ 1$""", lines[0]);
        Assert.Contains(" my-id ", lines[1]);
    }

    [Fact]
    public async Task The_access_log_keeps_no_secret_of_a_query()
    {
        var file = Path.Combine(folder, "access.log");
        await using var rig = await Rig.StartAsync(instances: 1, options => options with { OpenAccessLog = () => new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite) });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live?id=7&access_token=s3cret&X-Amz-Signature=s3cret&flag&code=s3cret&sort=key");
        request.Headers.TryAddWithoutValidation("Referer", "https://shop.example/in?Client%2DSecret=s3cret;token=s3cret&page=2");

        (await rig.Client.SendAsync(request)).Dispose();

        await rig.StopGatewayAsync();
        var line = await File.ReadAllTextAsync(file);
        Assert.Contains("\"GET /live?id=7&access_token=***&X-Amz-Signature=***&flag&code=***&sort=key HTTP/1.1\"", line);
        Assert.Contains("\"https://shop.example/in?Client%2DSecret=***;token=***&page=2\"", line);
        Assert.DoesNotContain("s3cret", line);
    }

    [Fact]
    public async Task Prometheus_reads_what_happened_by_route_and_by_instance()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var operators = new HttpClient { BaseAddress = rig.AdminAddress };
        for (var i = 0; i < 3; i++)
        {
            await AskAsync(rig);
        }

        (await rig.Client.GetAsync("/status/404")).Dispose();
        await Eventually.HoldsAsync(async () => (await operators.GetStringAsync("/metrics")).Contains("holdfast_gateway_route_duration_seconds_count{service=\"shop\",route=\"/\"} 4\n", StringComparison.Ordinal));
        var text = await operators.GetStringAsync("/metrics");

        Assert.Contains("status=\"4xx\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("holdfast_gateway_route_requests_total{service=\"shop\",route=\"/\",status=\"2xx\"} 3\n", text);
        Assert.Contains("holdfast_gateway_instance_requests_total{service=\"shop\",instance=\"shop-1\",status=\"2xx\"} 3\n", text);
        Assert.Contains("holdfast_gateway_instance_usable{service=\"shop\",instance=\"shop-1\"} 1\n", text);
        Assert.Equal(HttpStatusCode.OK, (await operators.GetAsync("/livez")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await operators.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await operators.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task A_collector_gets_meters_and_traces_by_OTLP()
    {
        var told = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        await using var collector = await CollectorAsync(told);
        await using var rig = await Rig.StartAsync(instances: 1);
        var port = FreePort.Next();
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        };
        await using var gateway = HoldfastTool.Start(folder, environment, "gateway", "--port", $"{port}", "--state", rig.Store.ConnectionString);
        await gateway.SeeAsync("ready on");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        (await client.GetAsync("/")).Dispose();

        await Eventually.HoldsAsync(() => Task.FromResult(
            told.GetValueOrDefault("/v1/metrics", "").Contains("holdfast.gateway.instance.requests", StringComparison.Ordinal)
            && told.GetValueOrDefault("/v1/traces", "").Contains("holdfast.request_id", StringComparison.Ordinal)));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Notes what it is sent, by path, as text.</summary>
    private static async Task<WebApplication> CollectorAsync(System.Collections.Concurrent.ConcurrentDictionary<string, string> told)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        var app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, System.Text.Encoding.Latin1);
            var text = await reader.ReadToEndAsync();
            told.AddOrUpdate(context.Request.Path, text, (_, before) => before + text);
        });
        await app.StartAsync();
        return app;
    }

    private static async Task<(JsonElement Headers, string Id)> AskAsync(Rig rig, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/some?thing=1");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await rig.Client.SendAsync(request);
        var seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("headers");
        return (seen, response.Headers.GetValues("X-Request-Id").Single());
    }
}
