using Holdfast.Bench;

var inProcess = new SideBySide(TimeSpan.FromMilliseconds(300), warmUps: 1, rounds: 9);
var underLoad = new SideBySide(TimeSpan.FromSeconds(2), warmUps: 5, rounds: 9);
var betweenServers = new SideBySide(TimeSpan.FromSeconds(1), warmUps: 2, rounds: 5);
var benches = new Dictionary<string, Func<Task>>
{
    ["embedded"] = () => Benches.EmbeddedAsync(inProcess),
    ["embedded-scale"] = EmbeddedScale.RunAsync,
    ["embedded-pauses"] = EmbeddedPauses.RunAsync,
    ["durability"] = () => Benches.DurabilityAsync(inProcess),
    ["near-cache"] = () => Benches.NearCacheAsync(inProcess),
    ["servers"] = () => Benches.ServersAsync(inProcess),
    ["node"] = () => NodeBench.RunAsync(betweenServers),
    ["engines"] = () => EnginesBench.RunAsync(inProcess),
    ["gateway"] = GatewayBench.RunAsync,
    ["sessions"] = () => SessionBench.RunAsync(underLoad),
};
string[] chosen = args.Length > 0 ? args : [.. benches.Keys];
if (chosen.FirstOrDefault(name => !benches.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"There is no benchmark {unknown}. There are: {string.Join(' ', benches.Keys)}");
    return 64;
}

foreach (var name in chosen)
{
    Console.WriteLine(name);
    await benches[name]();
}

return 0;
