using Holdfast.Gateway.Forwarding;
using Holdfast.Gateway.Instances;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Gateway.Upgrades;

/// <summary>
/// Passes bytes in both directions after an upgrade, until either side ends. When the gateway or the instance drains, a
/// WebSocket gets a Close with a reason in both directions and <see cref="GatewayLimits.CloseTimeout"/> to answer it.
/// </summary>
internal sealed class UpgradeRelay(IHostApplicationLifetime lifetime)
{
    private const string GatewayLeaves = "The gateway is going away; connect again.";
    private const string InstanceLeaves = "The server is going away; connect again.";

    public async ValueTask<Outcome> RunAsync(HttpContext context, HttpResponseMessage answer, Upstream upstream, UpgradeKind kind, ActivityWatch watch)
    {
        var client = await UpgradeFields.AcceptAsync(context, answer, kind);
        await using var instance = await answer.Content.ReadAsStreamAsync(watch.Token);
        var reason = InstanceLeaves;
        using var up = new WebSocketDirection(client, instance, watch, () => CloseFrame.ToInstance(reason));
        using var down = new WebSocketDirection(instance, client, watch, () => CloseFrame.ToClient(reason));
        (up.Back, down.Back) = (down, up);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(watch.Token);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, upstream.Leaving);
        using var left = leaving.Token.UnsafeRegister(
            _ =>
            {
                reason = lifetime.ApplicationStopping.IsCancellationRequested ? GatewayLeaves : InstanceLeaves;
                _ = CloseAsync(up, down, ending);
            },
            null);
        Task[] directions = [Quietly(up.RunAsync(ending.Token)), Quietly(down.RunAsync(ending.Token))];
        await Task.WhenAny(directions);

        // Either side has ended. What the other one still has to say, its Close, passes; then that is that. A client whose instance died
        // without a Close is to learn of it at once, and one that was sent a Close has the time to answer it.
        ending.CancelAfter(GatewayLimits.CloseTimeout);
        var isOwedAnAnswer = down.HasToldClose && !up.HasClosed;
        await (isOwedAnAnswer ? Task.WhenAll(directions) : Task.WhenAny(directions[1], Task.WhenAll(directions)));
        await ending.CancelAsync();
        await Task.WhenAll(directions);
        return Outcome.Answered(StatusCodes.Status101SwitchingProtocols);
    }

    private static async Task CloseAsync(WebSocketDirection up, WebSocketDirection down, CancellationTokenSource ending)
    {
        try
        {
            ending.CancelAfter(GatewayLimits.CloseTimeout);
            await Task.WhenAll(Quietly(down.CloseAsync(ending.Token)), Quietly(up.CloseAsync(ending.Token)));
        }
        catch (ObjectDisposedException)
        {
            // Both sides had ended just then.
        }
    }

    /// <summary>How a side ended, by a Close, an end or a reset, is for the other side to see, not for the gateway.</summary>
    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Ended.
        }
    }
}
