using System.Net;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

/// <summary>Instances that take connections and answer nothing (SIGSTOP).</summary>
public sealed class SilenceTests
{
    [Fact]
    public async Task A_request_that_may_be_repeated_leaves_an_instance_that_has_gone_silent()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var waiting = rig.AskAsync("/hang");
        var (holder, other) = await HolderAsync(rig);
        rig[holder].Freeze();

        await rig[other].SeeAsync(1);
        await rig.AskAsync("/release");

        Assert.Equal(other, await waiting);
        rig[holder].Thaw();
        await Eventually.HoldsAsync(async () => await rig.AskAsync() == holder);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_that_rests_leaves_an_instance_that_has_gone_silent_and_goes_to_another_one_whole(bool isChunked)
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var rest = new TaskCompletionSource();
        using var upload = new HttpRequestMessage(HttpMethod.Put, "/") { Content = new PausedUpload(rest.Task) };
        upload.Headers.TransferEncodingChunked = isChunked;
        var sending = rig.Client.SendAsync(upload);
        var (holder, other) = await HolderAsync(rig);
        rig[holder].Freeze();

        await rig[other].SeeAsync(1);
        rest.SetResult();

        using var response = await sending;
        Assert.Equal(other, response.Headers.GetValues("X-Instance").Single());
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("body").GetString()!;
        Assert.Equal(PausedUpload.Length, body.Length);
    }

    [Fact]
    public async Task A_request_that_may_not_be_repeated_ends_with_504_long_before_the_connection_is_given_up()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var waiting = rig.Client.PostAsync("/hang", new StringContent("goods"));
        var (holder, other) = await HolderAsync(rig);
        rig[holder].Freeze();

        using var response = await waiting;

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(rig[other].Seen);
    }

    [Fact]
    public async Task A_connection_that_outlives_its_instances_silence_may_rest_as_long_as_before()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var streamed = await rig.Client.GetAsync("/stream", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await streamed.Content.ReadAsStreamAsync());
        await reader.ReadBlockAsync(new char[5]);
        rig["shop-1"].Freeze();
        await Eventually.HoldsAsync(async () => !await IsUsableAsync(rig));
        rig["shop-1"].Thaw();
        await Eventually.HoldsAsync(() => IsUsableAsync(rig));

        // The rest is what is tested: longer than a request may stay with an instance that is silent.
        await Task.Delay(GatewayLimits.SilenceTimeout * 1.2);

        await rig.AskAsync("/release");
        Assert.Equal("last", await reader.ReadToEndAsync());
    }

    private static async Task<bool> IsUsableAsync(Rig rig)
    {
        var metrics = await rig.MetricsAsync();
        return metrics.Split('\n').Any(static line => line.StartsWith("holdfast_gateway_instance_usable{", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal));
    }

    private static async Task<(string Holder, string Other)> HolderAsync(Rig rig)
    {
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count == 1));
        return rig["shop-1"].Seen.Count == 1 ? ("shop-1", "shop-2") : ("shop-2", "shop-1");
    }
}
