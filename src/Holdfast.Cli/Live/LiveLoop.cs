using Holdfast.Cli.Readings;
using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Live;

/// <summary>Shows, below the lines that scroll by, how the topology is, anew each second.</summary>
internal sealed class LiveLoop(
    IReadOnlyList<Service> services, Replicas<GatewayProcess> gateways, string url, GatewayReader reader, RunContext run)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Whether standard output is a terminal that can move its cursor.</summary>
    public static bool IsPossible => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var sampler = new LiveSampler(run.Clock);
        try
        {
            while (true)
            {
                sampler.Take([.. (await reader.ReadAsync(cancellationToken)).OfType<GatewayReading>()]);
                var all = gateways.All;
                var ready = all.Count(static gateway => gateway.State == InstanceState.Ready);
                var front = new LiveRow("gateway", $"{ready}/{all.Count} ready") { IsSum = true, IsTrouble = ready == 0, Note = url };
                LiveRow[] rows = [front, .. services.SelectMany(sampler.RowsOf)];
                run.Log.ShowBelow(LiveView.Render(rows, Console.WindowWidth, Console.WindowHeight, run.Log.IsColoured));
                await Task.Delay(Interval, run.Clock, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            run.Log.ShowBelow([]);
        }
        catch (IOException)
        {
            // The terminal is gone: the topology goes on, or is told to stop by the signal that comes with that.
        }
    }
}
