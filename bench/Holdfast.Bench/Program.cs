using Holdfast.Bench;

var benches = new Dictionary<string, Func<SideBySide, Task>>
{
    ["embedded"] = Benches.EmbeddedAsync,
    ["durability"] = Benches.DurabilityAsync,
    ["near-cache"] = Benches.NearCacheAsync,
    ["servers"] = Benches.ServersAsync,
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
    await benches[name](new SideBySide(TimeSpan.FromMilliseconds(300), rounds: 9));
}

return 0;
