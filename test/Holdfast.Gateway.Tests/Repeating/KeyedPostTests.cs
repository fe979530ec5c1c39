using System.Net;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Repeating;

/// <summary>POSTs to backends that announce that they heed idempotency keys.</summary>
public sealed class KeyedPostTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-keyed-").FullName;

    [Theory]
    [InlineData("POST", 10)]
    [InlineData("POST", 200_000)]
    [InlineData("PATCH", 10)]
    public async Task A_request_whose_instance_dies_under_it_goes_to_another_one_with_its_key_and_body(string method, int bytes)
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await LearnAsync(rig, method);

        using var response = await SendAsync(rig, method, $"/keyed?die={folder}/first", new string('b', bytes));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(new string('b', bytes), seen.GetProperty("body").GetString());
        Assert.StartsWith("\"gw-", seen.GetProperty("headers").GetProperty("idempotency-key").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists($"{folder}/first"));
    }

    [Fact]
    public async Task A_key_that_a_dead_instance_holds_is_waited_for_also_where_support_was_not_known_before()
    {
        await using var rig = await Rig.StartAsync(instances: 2);

        using var response = await SendAsync(rig, "DELETE", $"/keyed?die={folder}/first&hold={folder}/held", "");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(File.Exists($"{folder}/held"));
    }

    // It may say "not now, try again later" as its own answer, which looks the same.
    [Fact]
    public async Task An_answer_that_is_replayed_is_final_and_not_taken_for_one_that_is_still_to_come()
    {
        const string Conflict = "HTTP/1.1 409 Conflict\r\nIdempotency-Key-Support: window=60\r\nRetry-After: 0\r\nContent-Length: 4\r\nConnection: close\r\n";
        var sendings = 0;
        await using var rig = await Rig.StartAsync(instances: 0);
        Task<string> AnswerAsync(string head) => Task.FromResult(!head.StartsWith("DELETE", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : Interlocked.Increment(ref sendings) switch
            {
                1 => "",
                2 => $"{Conflict}\r\nheld",
                _ => $"{Conflict}Idempotent-Replayed: true\r\n\r\nheld",
            });
        await using var first = await RawInstance.JoinAsync(rig, AnswerAsync, Parting.HalfClose);
        await using var second = await RawInstance.JoinAsync(rig, AnswerAsync, Parting.HalfClose, id: "shop-2");

        using var response = await SendAsync(rig, "DELETE", "/seat", "");

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("held", await response.Content.ReadAsStringAsync());
        Assert.Equal(3, sendings);
    }

    [Fact]
    public async Task A_form_of_a_browser_is_repeated_like_any_other_request()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await LearnAsync(rig, "POST");
        using var form = new FormUrlEncodedContent([new("product", "kelp"), new("number", "2")]);

        using var response = await rig.Client.PostAsync($"/keyed?die={folder}/first", form);

        var seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("product=kelp&number=2", seen.GetProperty("body").GetString());
        Assert.Equal("application/x-www-form-urlencoded", seen.GetProperty("headers").GetProperty("content-type").GetString());
        Assert.True(File.Exists($"{folder}/first"));
    }

    [Fact]
    public async Task Every_request_that_changes_something_has_a_key_of_its_own_and_one_of_the_client_stays()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        var first = await KeyOfAsync(rig, "POST");
        Assert.NotNull(first);
        Assert.NotEqual(first, await KeyOfAsync(rig, "POST"));
        Assert.NotNull(await KeyOfAsync(rig, "PUT"));
        Assert.NotNull(await KeyOfAsync(rig, "DELETE"));
        Assert.Null(await KeyOfAsync(rig, "GET"));
        Assert.Equal("\"mine\"", await KeyOfAsync(rig, "POST", "\"mine\""));
    }

    [Fact]
    public async Task Where_no_support_was_announced_nothing_is_sent_twice()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await LearnAsync(rig, "POST");

        // Support is one of method and path: this path was never answered.
        using var response = await SendAsync(rig, "POST", "/die", "goods");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Concat(rig["shop-2"].Seen).Contains("POST /die")));
        Assert.Single(rig["shop-1"].Seen.Concat(rig["shop-2"].Seen), "POST /die");
    }

    [Theory]
    [InlineData("new-1", "old-1")]
    [InlineData("old-1", "new-1")]
    public async Task Between_an_instance_that_heeds_keys_and_one_that_does_not_nothing_is_sent_twice(string dying, string other)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await rig.Registry.DeclareAsync(new ServiceDeclaration("shop", ["/"], "/healthz") { Settings = new Dictionary<string, string> { ["balance"] = "hash header X-To" } });
        await rig.JoinAsync("new-1");
        await rig.JoinAsync("old-1");
        var (toOld, toNew) = (await KeyToAsync(rig, "old-1"), await KeyToAsync(rig, "new-1"));
        (await SendAsync(rig, "POST", "/keyed", "", to: toOld)).Dispose();
        (await SendAsync(rig, "POST", "/keyed", "", to: toNew)).Dispose();
        await Eventually.HoldsAsync(() => Task.FromResult(rig[other].Seen.Contains("POST /keyed")));
        rig[other].Forget();

        using var response = await SendAsync(rig, "POST", $"/keyed?die={folder}/first", "goods", to: dying == "new-1" ? toNew : toOld);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.True(File.Exists($"{folder}/first"));
        Assert.DoesNotContain("POST /keyed", rig[other].Seen);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_not_repeated()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        await LearnAsync(rig, "POST");

        using var response = await SendAsync(rig, "POST", $"/keyed?die={folder}/first", new string('b', GatewayLimits.MaxReplayBytes + 1));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.True(File.Exists($"{folder}/first"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Has the gateway see of each instance an answer that announces support, and forgets it in the backends.</summary>
    private static async Task LearnAsync(Rig rig, string method)
    {
        await Eventually.HoldsAsync(async () =>
        {
            using var response = await SendAsync(rig, method, "/keyed", "");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return rig["shop-1"].Seen.Count > 0 && rig["shop-2"].Seen.Count > 0;
        });
        rig["shop-1"].Forget();
        rig["shop-2"].Forget();
    }

    private static async Task<string?> KeyOfAsync(Rig rig, string method, string? own = null)
    {
        using var response = await SendAsync(rig, method, "/", "", own);
        var headers = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("headers");
        return headers.TryGetProperty("idempotency-key", out var key) ? key.GetString() : null;
    }

    /// <summary>What leads to an instance, by the consistent choice.</summary>
    private static async Task<string> KeyToAsync(Rig rig, string instance)
    {
        var number = 0;
        await Eventually.HoldsAsync(async () =>
        {
            using var response = await SendAsync(rig, "GET", "/", "", to: $"{++number}");
            using var again = await SendAsync(rig, "GET", "/", "", to: $"{number}");
            return response.Headers.TryGetValues("X-Instance", out var one) && again.Headers.TryGetValues("X-Instance", out var other)
                && one.Single() == instance && other.Single() == instance && await IsHashedAsync(rig, $"{number}");
        });
        return $"{number}";
    }

    /// <summary>Whether the gateway has heard of the setting and of both instances: then one value leads to one of them.</summary>
    private static async Task<bool> IsHashedAsync(Rig rig, string to)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 40; i++)
        {
            using var same = await SendAsync(rig, "GET", "/", "", to: i < 8 ? to : $"{i}");
            seen.Add((i < 8 ? "same " : "") + same.Headers.GetValues("X-Instance").Single());
        }

        return seen.Count == 3;
    }

    private static Task<HttpResponseMessage> SendAsync(Rig rig, string method, string path, string body, string? key = null, string? to = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (to is not null)
        {
            request.Headers.Add("X-To", to);
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (body.Length > 0)
        {
            request.Content = new StringContent(body);
        }

        return rig.Client.SendAsync(request);
    }
}
