using System.Net;
using System.Text.Json;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>The corpus's game-ticks: what is being built lies in a store, and each process moves its own world on.</summary>
/// <param name="machine">Whose clock moves it.</param>
/// <param name="store">What is being built, by the path of its player.</param>
internal sealed class GameProcess(SimulatedMachine machine, Dictionary<string, List<(string Kind, int ReadyAt)>> store) : SimulatedProcess
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly Dictionary<string, int> Ticks = new() { ["hut"] = 5, ["mill"] = 20, ["lighthouse"] = 60 };
    private static readonly string[] Seasons = ["spring", "summer", "autumn", "winter"];

    private readonly TimeSpan started = machine.Now;

    private int Tick => (int)((machine.Now - started) / Period);

    private string Season => Seasons[Tick / 50 % Seasons.Length];

    public override (HttpStatusCode Status, object Json) Answer(string method, string path, string body)
    {
        if (path == "/world")
        {
            return (HttpStatusCode.OK, new { tick = Tick, season = Season, clock = machine.GetUtcNow() });
        }

        var player = path.Split('/')[2];
        var sites = store.TryGetValue(player, out var known) ? known : store[player] = [];
        if (method == "POST")
        {
            var kind = JsonDocument.Parse(body).RootElement.GetProperty("kind").GetString()!;
            var site = (Kind: kind, ReadyAt: Tick + Ticks[kind]);
            sites.Add(site);
            return (HttpStatusCode.Created, new { kind, begun = Tick, readyAt = site.ReadyAt });
        }

        var buildings = sites.Select(site => new { kind = site.Kind, ticksLeft = Math.Max(0, site.ReadyAt - Tick) });
        return (HttpStatusCode.OK, new { player, tick = Tick, season = Season, buildings });
    }
}
