using System.Net;

namespace Holdfast.Gateway.Tests.Attacks;

/// <summary>One connection that begins requests and has them reset, as fast as it can.</summary>
public sealed class Http2AbuseTests
{
    private const int Streams = 200_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Attack", "A9 A10")]
    public async Task Who_has_streams_reset_in_masses_loses_the_connection_and_others_are_served(bool hasServerReset)
    {
        await using var rig = await Rig.StartAsync(instances: 1, Tls.Serve);
        using var other = Tls.Client(rig);
        using var ending = new CancellationTokenSource();
        var serving = AskAsync(other, ending.Token);
        await using var attacker = await Http2Connection.OpenAsync(rig.TlsAddress);
        var closing = attacker.ReadToEndAsync();

        var sent = await AttackAsync(attacker, closing, hasServerReset);

        await closing.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(sent < Streams, "It was let go on.");
        await ending.CancelAsync();
        Assert.True(await serving > 0);
    }

    [Fact]
    public async Task Streams_that_are_left_once_their_answers_have_begun_cost_a_client_nothing()
    {
        await using var rig = await Rig.StartAsync(instances: 1, Tls.Serve);
        using var client = Tls.Client(rig);
        using var first = await client.GetAsync("/stream", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await first.Content.ReadAsStreamAsync());

        for (var i = 0; i < 150; i++)
        {
            using var left = await client.GetAsync("/stream", HttpCompletionOption.ResponseHeadersRead);
        }

        await rig.AskAsync("/release");
        Assert.Equal("firstlast", await reader.ReadToEndAsync());
    }

    private static async Task<int> AttackAsync(Http2Connection attacker, Task closing, bool hasServerReset)
    {
        var sent = 0;
        try
        {
            for (; sent < Streams && !closing.IsCompleted; sent++)
            {
                var id = (2 * sent) + 1;
                await attacker.SendAsync([.. Http2Connection.Get(id, "/hang"), .. hasServerReset ? Http2Connection.Overflow(id) : Http2Connection.Reset(id)]);
            }
        }
        catch (IOException)
        {
            // The connection is gone.
        }

        return sent;
    }

    /// <summary>Asks until told to end, and counts the answers. Each must be a good one.</summary>
    private static async Task<int> AskAsync(HttpClient client, CancellationToken ending)
    {
        var answers = 0;
        do
        {
            using var response = await client.GetAsync("/", CancellationToken.None);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                // Until the attack is noticed, its requests stand in line like others.
                Assert.Contains("has as many requests as it can do", await response.Content.ReadAsStringAsync(CancellationToken.None), StringComparison.Ordinal);
                continue;
            }

            Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
            answers++;
        }
        while (!ending.IsCancellationRequested);
        return answers;
    }
}
