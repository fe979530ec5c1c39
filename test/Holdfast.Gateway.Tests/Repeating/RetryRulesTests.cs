using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Repeating;

/// <summary>What becomes of a request that does not go well, here and behind nginx and HAProxy, as docs/gateway.md tells it.</summary>
public sealed class RetryRulesTests
{
    private const string Refused = "the connection is refused";
    private const string Ended = "the connection ends before the answer's first byte";
    private const string Within = "the connection ends within the answer's head";
    private const string Late = "no answer in time";
    private const string Unavailable = "the answer is 503";

    /// <summary>Long enough for what is sent a second time to be answered on a busy machine.</summary>
    private const int LateSeconds = 10;
    private const int LongSeconds = 100;

    private static readonly string[] Requests = ["GET", "PUT", "POST", "POST with a key of its own", "POST where keys are heeded"];
    private readonly ConcurrentDictionary<string, bool> faulted = new();

    /// <summary>Each fault, and whether a connection that ends is reset, or ended in good order.</summary>
    public static TheoryData<string, bool> Faults => new()
    {
        { Refused, false }, { Ended, false }, { Ended, true }, { Within, false }, { Within, true }, { Late, false }, { Unavailable, false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Each_of_three_proxies_does_what_the_documentation_tells(string fault, bool isReset)
    {
        var documentation = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "gateway.md"));

        // On a busy machine one of the proxies may take an instance for dead that only had no time.
        string[] missing = [fault];
        for (var attempt = 0; attempt < 3 && missing.Length > 0; attempt++)
        {
            missing = [.. (await RowsAsync(fault, isReset)).Where(row => !documentation.Contains(row, StringComparison.Ordinal))];
        }

        Assert.True(missing.Length == 0, $"The documentation does not have this:\n{string.Join('\n', missing)}");
    }

    /// <summary>What each of them does, as the documentation's rows.</summary>
    private async Task<IEnumerable<string>> RowsAsync(string fault, bool isReset)
    {
        var parting = isReset ? Parting.Reset : Parting.HalfClose;
        var end = new TaskCompletionSource<string>();
        await using var rig = await Rig.StartAsync(instances: 0);
        Task<string> AnswerAsync(string head) => Answer(head, fault, end.Task);
        await using var first = await RawInstance.JoinAsync(rig, AnswerAsync, parting);
        await using var second = await RawInstance.JoinAsync(rig, AnswerAsync, parting, id: "shop-2");
        var other = fault == Refused ? new Uri($"http://127.0.0.1:{FreePort.Next()}") : second.Url;
        await rig.RegisterAsync("shop-2", other);
        var timeoutSeconds = fault == Late ? LateSeconds : LongSeconds;
        await using var gateway = await rig.StartGatewayAsync(("timeout", $"{timeoutSeconds}s"), ("ejection", "off"));
        await using var nginx = await PeerProxy.NginxAsync(first.Url, second: other, timeoutSeconds: timeoutSeconds);
        await using var haproxy = await PeerProxy.HaproxyAsync(first.Url, second: other, timeoutSeconds: timeoutSeconds);

        // Who has answered with an error may end the connection behind it without having said so.
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
        IReadOnlyCollection<string> Heads() => [.. first.Heads, .. second.Heads];
        await LearnAsync(client, gateway.Address, fault == Refused ? [first] : [first, second]);

        var outcomes = await Task.WhenAll(Requests.Select(async request =>
        {
            var cells = await Task.WhenAll(new[] { gateway.Address, nginx.Url, haproxy.Url }.Select(url => OutcomeAsync(client, url, request, Heads)));
            return (Request: request, Cells: string.Join(" | ", cells));
        }));

        end.SetResult("");
        return outcomes.GroupBy(static outcome => outcome.Cells, static outcome => outcome.Request)
            .Select(alike => $"| {fault} | {(alike.Count() == Requests.Length ? "all" : string.Join(", ", alike))} | {alike.Key} |");
    }

    /// <summary>The first sending of each request meets the fault, wherever it goes.</summary>
    private Task<string> Answer(string head, string fault, Task<string> end)
    {
        var keyed = head.Split(' ')[1] == "/keyed" ? "Idempotency-Key-Support: window=60\r\n" : "";
        var good = $"HTTP/1.1 200 OK\r\n{keyed}Content-Length: 2\r\nConnection: close\r\n\r\nok";
        if (CaseOf(head) is not { } id || !faulted.TryAdd(id, true))
        {
            return Task.FromResult(good);
        }

        return fault switch
        {
            Ended => Task.FromResult(""),
            Within => Task.FromResult("HTTP/1.1 200 OK\r\nContent-Le"),
            Late => end,
            Unavailable => Task.FromResult("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            _ => Task.FromResult(good),
        };
    }

    private static string? CaseOf(string head) =>
        head.Split("\r\n").FirstOrDefault(static line => line.StartsWith("X-Case: ", StringComparison.OrdinalIgnoreCase))?["X-Case: ".Length..];

    /// <summary>What a service announces is known once it has answered there.</summary>
    private static async Task LearnAsync(HttpClient client, Uri url, RawInstance[] instances)
    {
        while (!instances.All(static one => one.Heads.Count > 0))
        {
            (await client.PostAsync(new Uri(url, "/keyed"), new StringContent("goods"))).Dispose();
        }
    }

    private static async Task<string> OutcomeAsync(HttpClient client, Uri url, string request, Func<IReadOnlyCollection<string>> heads)
    {
        var id = Guid.NewGuid().ToString();
        var words = request.Split(' ');
        using var message = new HttpRequestMessage(new HttpMethod(words[0]), new Uri(url, words[^1] == "heeded" ? "/keyed" : "/"));
        message.Headers.Add("X-Case", id);
        if (words[^1] == "own")
        {
            message.Headers.Add("Idempotency-Key", $"\"{id}\"");
        }

        if (words[0] != "GET")
        {
            message.Content = new StringContent("goods", Encoding.UTF8);
        }

        try
        {
            using var response = await client.SendAsync(message);
            var sent = heads().Count(head => CaseOf(head) == id);
            return response.StatusCode == HttpStatusCode.OK && sent == 2 ? "200 from the other one" : $"{(int)response.StatusCode}";
        }
        catch (HttpRequestException fault)
        {
            return $"no answer ({fault.GetBaseException().Message})";
        }
    }
}
