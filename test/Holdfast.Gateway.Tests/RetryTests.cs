using System.Net;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

public sealed class RetryTests
{
    public static TheoryData<string> IdempotentMethods => ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

    public static TheoryData<string> OtherMethods => ["POST", "PATCH"];

    [Theory]
    [MemberData(nameof(IdempotentMethods))]
    [MemberData(nameof(OtherMethods))]
    public async Task A_request_of_any_method_that_finds_its_instance_dead_goes_to_another_one(string method)
    {
        await using var rig = await Rig.StartAsync(instances: 3);
        await rig["shop-1"].KillAsync();
        await rig["shop-2"].KillAsync();

        for (var i = 0; i < 3; i++)
        {
            using var response = await SendAsync(rig, method, "/", "goods");
            Assert.Equal("shop-3", response.Headers.GetValues("X-Instance").Single());
        }

        await rig["shop-3"].SeeAsync(3);
        Assert.Equal(3, rig["shop-3"].Seen.Count);
    }

    [Theory]
    [MemberData(nameof(IdempotentMethods))]
    public async Task An_idempotent_request_whose_instance_dies_under_it_goes_to_another_one_with_its_body(string method)
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var body = method is "PUT" or "DELETE" ? new string('b', 200_000) : "";
        var first = SendAsync(rig, method, "/hang", body);
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count == 1));
        var (holder, other) = rig["shop-1"].Seen.Count == 1 ? ("shop-1", "shop-2") : ("shop-2", "shop-1");

        await rig[holder].KillAsync();
        await rig[other].SeeAsync(1);
        await rig.AskAsync("/release");

        using var response = await first;
        Assert.Equal(other, response.Headers.GetValues("X-Instance").Single());
        if (method != "HEAD")
        {
            Assert.Contains($"\"body\":\"{body}\"", await response.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_whose_instance_dies_while_the_client_rests_goes_to_another_one_whole(bool isChunked)
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var rest = new TaskCompletionSource();
        using var upload = new HttpRequestMessage(HttpMethod.Put, "/") { Content = new PausedUpload(rest.Task) };
        upload.Headers.TransferEncodingChunked = isChunked;
        var sending = rig.Client.SendAsync(upload);
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count == 1));
        var (holder, other) = rig["shop-1"].Seen.Count == 1 ? ("shop-1", "shop-2") : ("shop-2", "shop-1");

        await rig[holder].KillAsync();
        rest.SetResult();

        using var response = await sending;
        Assert.Equal(other, response.Headers.GetValues("X-Instance").Single());
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("body").GetString()!;
        Assert.Equal(PausedUpload.Length, body.Length);
    }

    [Theory]
    [MemberData(nameof(IdempotentMethods))]
    public async Task A_request_that_kills_what_it_is_sent_to_is_sent_three_times_at_most(string method)
    {
        await using var rig = await Rig.StartAsync(instances: 4);

        using var response = await SendAsync(rig, method, "/die", "");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await rig.AskAsync();
        string[] instances = ["shop-1", "shop-2", "shop-3", "shop-4"];
        int Sendings() => instances.SelectMany(id => rig[id].Seen).Count(line => line == $"{method} /die");
        await Eventually.HoldsAsync(() => Task.FromResult(Sendings() >= GatewayLimits.MaxSendings));
        Assert.Equal(GatewayLimits.MaxSendings, Sendings());
    }

    [Fact]
    public async Task Requests_whose_only_instance_dies_under_them_go_to_its_replacement()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        var replacement = await rig.JoinAsync("shop-2", state: InstanceState.Starting);

        // Many connections to the dead instance: each would break another sending, if it were tried.
        var hanging = Enumerable.Range(0, 16).Select(_ => rig.AskAsync("/hang")).ToArray();
        await rig["shop-1"].SeeAsync(hanging.Length);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => rig.AskAsync()));
        await rig["shop-1"].KillAsync();

        await rig.SetStateAsync("shop-2", InstanceState.Ready);
        await replacement.SeeAsync(hanging.Length);
        await rig.AskAsync("/release");

        Assert.All(await Task.WhenAll(hanging), instance => Assert.Equal("shop-2", instance));
    }

    [Theory]
    [InlineData("POST", "goods", false)]
    [InlineData("POST", "goods", true)]
    [InlineData("POST", "", false)]
    [InlineData("PATCH", "goods", false)]
    [InlineData("PATCH", "", false)]
    public async Task A_request_that_is_not_idempotent_is_never_sent_twice(string method, string body, bool expectsContinue)
    {
        await using var rig = await Rig.StartAsync(instances: 3);

        // So that pooled connections exist: the HTTP client repeats requests on those by itself, if it is let.
        for (var i = 0; i < 6; i++)
        {
            await rig.AskAsync();
        }

        foreach (var backend in new[] { "shop-1", "shop-2", "shop-3" })
        {
            rig[backend].Forget();
        }

        using var response = await SendAsync(rig, method, "/die", body, expectsContinue);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        await rig.AskAsync();
        IEnumerable<string> Sendings() => new[] { "shop-1", "shop-2", "shop-3" }.SelectMany(id => rig[id].Seen).Where(line => line == $"{method} /die");
        await Eventually.HoldsAsync(() => Task.FromResult(Sendings().Any()));
        Assert.Single(Sendings());
    }

    [Fact]
    public async Task An_answer_whose_body_had_begun_is_cut_and_not_repeated()
    {
        await using var rig = await Rig.StartAsync(instances: 2);

        await Assert.ThrowsAsync<HttpRequestException>(() => rig.Client.GetAsync("/cut"));
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count >= 1));
        Assert.Equal(1, rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count);
    }

    [Fact]
    public async Task No_request_fails_while_instances_are_killed_one_after_the_other()
    {
        await using var rig = await Rig.StartAsync(instances: 3);
        using var ending = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 12).Select(worker => WorkAsync(rig, worker, ending.Token)).ToArray();
        for (var round = 0; round < 6; round++)
        {
            var id = $"shop-{(round % 3) + 1}";
            var dead = rig[id];
            await dead.SeeAsync(dead.Seen.Count + 50);
            await dead.KillAsync();
            await rig.JoinAsync(id);
        }

        await ending.CancelAsync();
        var failures = (await Task.WhenAll(workers)).SelectMany(list => list).ToArray();
        Assert.Empty(failures);
    }

    private static async Task<IReadOnlyList<string>> WorkAsync(Rig rig, int worker, CancellationToken ending)
    {
        string[] methods = ["GET", "PUT", "DELETE"];
        var failures = new List<string>();
        for (var i = worker; !ending.IsCancellationRequested; i++)
        {
            var method = methods[i % methods.Length];
            using var response = await SendAsync(rig, method, $"/{worker}/{i}", method == "PUT" ? $"{worker}:{i}" : "");
            if (!response.IsSuccessStatusCode)
            {
                failures.Add($"{method} {i}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
            }
        }

        return failures;
    }

    private static Task<HttpResponseMessage> SendAsync(Rig rig, string method, string path, string body, bool expectsContinue = false)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.ExpectContinue = expectsContinue;
        if (body.Length > 0)
        {
            request.Content = new StringContent(body);
        }

        return rig.Client.SendAsync(request);
    }
}
