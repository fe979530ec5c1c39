using System.Globalization;
using System.Net;

namespace Holdfast.Gateway.Tests.Forwarding;

/// <summary>What counts against an instance, and what does not.</summary>
public sealed class BlameTests
{
    private const int Requests = 20;
    private static readonly (string, string) ByHeader = ("balance", "hash header X-To");

    [Fact]
    public async Task A_deadline_that_the_client_set_blames_nobody()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await using var gateway = await rig.StartGatewayAsync(ByHeader);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        await AskAsync(client);

        await Task.WhenAll(Enumerable.Range(0, Requests).Select(async _ =>
        {
            using var response = await SendAsync(client, "/hang", milliseconds: 50);
            Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        }));

        Assert.Equal(0, await EjectionsAsync(rig, gateway));
    }

    [Fact]
    public async Task A_client_that_speaks_gRPC_to_a_service_that_does_not_blames_nobody()
    {
        await using var rig = await Rig.StartAsync(instances: 2, Tls.Serve);
        await rig.Registry.DeclareAsync(new ServiceDeclaration(Rig.Shop.Name, Rig.Shop.Routes, Rig.Shop.HealthPath) { Settings = new Dictionary<string, string> { ["balance"] = "hash header X-To" } });
        using var client = Tls.Client(rig);
        string? holder = null;
        for (var same = 0; same < 5; same++)
        {
            var next = await AskAsync(client);
            (same, holder) = (next == holder ? same : 0, next);
        }

        for (var i = 0; i < Requests; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([]) };
            request.Headers.Add("X-To", "one");
            request.Content.Headers.ContentType = new("application/grpc");
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        }

        // One failure of its own has an instance judged, by all that was counted against it.
        (await SendAsync(client, "/status/500", milliseconds: null)).Dispose();
        Assert.Equal(0, await EjectionsAsync(rig));
    }

    [Fact]
    public async Task A_request_that_its_instance_ended_under_is_told_that_one_had_it_when_its_time_is_over()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var gateway = await rig.StartGatewayAsync(("deadline", "2s"));
        using var client = new HttpClient { BaseAddress = gateway.Address };

        // On a busy machine its time may be over before the instance has it.
        var told = "";
        for (var attempt = 0; attempt < 5 && !told.Contains("over before an instance answered it", StringComparison.Ordinal); attempt++)
        {
            told = await EndUnderAsync(rig, client);
        }

        Assert.Contains("over before an instance answered it", told, StringComparison.Ordinal);
    }

    /// <summary>What is told of a request that its only instance ends under.</summary>
    private static async Task<string> EndUnderAsync(Rig rig, HttpClient client)
    {
        RawInstance? instance = null;
        instance = await RawInstance.JoinAsync(rig, head => head.Contains("/end ", StringComparison.Ordinal) ? EndAsync() : Task.FromResult(RawInstance.Good), Parting.Close);
        await Eventually.HoldsAsync(async () => await client.GetAsync("/") is { StatusCode: HttpStatusCode.OK });

        using var response = await client.GetAsync("/end");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        await instance.DisposeAsync();
        return await response.Content.ReadAsStringAsync();

        async Task<string> EndAsync()
        {
            await instance!.DisposeAsync();
            return "";
        }
    }

    [Fact]
    public async Task Requests_that_end_without_an_answer_do_not_make_a_silent_instance_pass_for_alive()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await using var gateway = await rig.StartGatewayAsync(ByHeader, ("ejection", "off"), ("deadline", "1s"));
        using var client = new HttpClient { BaseAddress = gateway.Address };
        var holder = await AskAsync(client);
        rig[holder].Freeze();

        await Eventually.HoldsAsync(async () =>
        {
            using var response = await SendAsync(client, "/", milliseconds: null);
            return response.StatusCode == HttpStatusCode.OK;
        });

        Assert.NotEqual(holder, await AskAsync(client));
    }

    /// <summary>How many instances a gateway has left alone.</summary>
    private static async Task<int> EjectionsAsync(Rig rig, GatewayHost? gateway = null)
    {
        const string Count = "holdfast_gateway_ejections_total{service=\"shop\"} ";
        var metrics = await rig.MetricsAsync(gateway);
        Assert.Contains("# TYPE holdfast_gateway_ejections_total counter\n", metrics, StringComparison.Ordinal);
        var line = metrics.Split('\n').SingleOrDefault(static line => line.StartsWith(Count, StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line[Count.Length..], CultureInfo.InvariantCulture);
    }

    private static async Task<string> AskAsync(HttpClient client)
    {
        string? instance = null;

        // On a busy machine the deadline of a second may be over before the first answer comes.
        await Eventually.HoldsAsync(async () =>
        {
            using var response = await SendAsync(client, "/", milliseconds: null);
            instance = response.IsSuccessStatusCode ? response.Headers.GetValues("X-Instance").Single() : null;
            return instance is not null;
        });
        return instance!;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string path, int? milliseconds)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        request.Headers.Add("X-To", "one");
        if (milliseconds is { } time)
        {
            request.Headers.Add("X-Request-Timeout-Ms", $"{time}");
        }

        return client.SendAsync(request);
    }
}
