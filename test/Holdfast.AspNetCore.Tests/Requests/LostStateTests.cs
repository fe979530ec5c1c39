using System.Diagnostics.Metrics;
using System.Net;
using Holdfast.AspNetCore.Tests.Sessions;
using Holdfast.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>A redis-server that keeps nothing forgets what it acknowledged when it is restarted.</summary>
public sealed class LostStateTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient browser = WebHost.Browser();
    private RedisServer redis = null!;

    public async ValueTask InitializeAsync() => redis = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task A_lost_stamp_is_counted_once_and_the_client_goes_on()
    {
        await using var host = await StartAsync(refuse: false);
        using var lost = new LongCounter(host, "holdfast.stamps.lost");
        await LoseAsync(host);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/get/a"));
        Assert.Equal(1, lost.Value);
        using (var set = await browser.PostAsync(host.At("/set/a"), new StringContent("2")))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        Assert.Equal("2", await browser.GetStringAsync(host.At("/get/a")));
        Assert.Equal(1, lost.Value);
    }

    [Fact]
    public async Task A_lost_stamp_is_refused_where_that_is_asked_for()
    {
        await using var host = await StartAsync(refuse: true);
        await LoseAsync(host);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(host, "/get/a"));
        using var stranger = WebHost.Browser();
        using var set = await stranger.PostAsync(host.At("/set/a"), new StringContent("2"));
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
    }

    private Task<WebHost> StartAsync(bool refuse) => WebHost.StartAsync(null, SessionTests.Map, options =>
    {
        options.State = redis.ConnectionString;
        options.RefuseLostState = refuse;
    });

    /// <summary>Makes a session and a data-protection key, and has the store forget the session, but not the key.</summary>
    private async Task LoseAsync(WebHost host)
    {
        using (var set = await browser.PostAsync(host.At("/set/a"), new StringContent("1")))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        await redis.KillAsync();
        await redis.RestartAsync();
        var engine = host.Services.GetRequiredService<StateEngine>();
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            try
            {
                await engine.ReadHeadAsync(0);
                return;
            }
            catch (StateUnavailableException)
            {
                // Not connected again yet.
            }
        }

        Assert.Fail("The engine did not connect again.");
    }

    private async Task<HttpStatusCode> StatusAsync(WebHost host, string path)
    {
        using var response = await browser.GetAsync(host.At(path));
        return response.StatusCode;
    }

    /// <summary>Adds up what one host's counter counts.</summary>
    private sealed class LongCounter : IDisposable
    {
        private readonly MeterListener listener = new();
        private long value;

        public LongCounter(WebHost host, string name)
        {
            var meters = host.Services.GetRequiredService<IMeterFactory>();
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => Interlocked.Add(ref value, measurement));
            listener.Start();
        }

        public long Value => Volatile.Read(ref value);

        public void Dispose() => listener.Dispose();
    }
}
