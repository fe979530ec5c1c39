using System.Threading.Channels;
using Holdfast.Gateway.Repeating;

namespace Holdfast.Gateway.Instances;

/// <summary>Asks one instance's health path, in its interval and whenever there is doubt, until disposed.</summary>
internal sealed class HealthCheck : IAsyncDisposable
{
    /// <summary>While an instance is out, and between two checks at the least.</summary>
    private static readonly TimeSpan OutInterval = TimeSpan.FromMilliseconds(250);

    private readonly Channel<bool> due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource ending = new();
    private readonly Upstream upstream;
    private readonly ServicePool pool;
    private readonly HttpMessageInvoker client;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Uri url;
    private readonly Task running;

    public HealthCheck(Upstream upstream, string healthPath, ServicePool pool, HttpMessageInvoker client, TimeProvider clock, ILogger logger)
    {
        (this.upstream, this.pool, this.client, this.clock, this.logger) = (upstream, pool, client, clock, logger);
        url = new Uri(upstream.Prefix + healthPath);
        upstream.Doubt = () => due.Writer.TryWrite(true);

        // What it is of decides what may be sent again, so it is asked at once.
        due.Writer.TryWrite(true);
        running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = clock.CreateTimer(_ => due.Writer.TryWrite(true), null, GatewayLimits.HealthInterval, GatewayLimits.HealthInterval);
        try
        {
            while (true)
            {
                await due.Reader.ReadAsync(ending.Token);
                await CheckAsync();
                await Task.Delay(OutInterval, clock, ending.Token);
                if (upstream.IsOut)
                {
                    due.Writer.TryWrite(true);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task CheckAsync()
    {
        using var timeout = new CancellationTokenSource(GatewayLimits.HealthTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ending.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation(KeySupport.BuildHeaderName, "?1");
            using var response = await client.SendAsync(request, either.Token);
            var isTold = response.Headers.NonValidated.TryGetValues(KeySupport.BuildHeaderName, out var builds);
            pool.Recognize(upstream, isTold && builds.ToString() is { Length: <= KeySupport.LongestBuild } build ? build : null);

            Report(response.IsSuccessStatusCode, isSilent: false, $"its health path answered {(int)response.StatusCode}");
        }
        catch (HttpRequestException fault) when (UpstreamClients.IsOwnLimit(fault))
        {
            // The instance may be well; requests tell of the limit in the log.
        }
        catch (HttpRequestException fault) when (UpstreamClients.WasNeverSent(fault))
        {
            if (upstream.ConnectionFailed())
            {
                Log.InstanceOut(logger, upstream.Service, upstream.Id, upstream.Prefix, fault.Message);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            Report(false, isSilent: true, $"its health path took over {GatewayLimits.HealthTimeout.TotalSeconds} s");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Whatever it is, also an address of no scheme that is spoken: it is this instance's trouble, and nobody else's.
            Report(false, isSilent: true, fault.Message);
        }
    }

    private void Report(bool isWell, bool isSilent, string reason)
    {
        if (isWell && upstream.HealthPassed())
        {
            Log.InstanceIn(logger, upstream.Service, upstream.Id, upstream.Prefix);
        }
        else if (!isWell && upstream.HealthFailed(isSilent))
        {
            Log.InstanceOut(logger, upstream.Service, upstream.Id, upstream.Prefix, reason);
        }
    }
}
