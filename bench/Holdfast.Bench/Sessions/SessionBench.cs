using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>
/// What a session costs a request: an application whose sessions live in a store beside the same application without any, as
/// wrk's clients see them. Client, application and store share the machine, so that whatever any of them spends counts.
/// </summary>
internal sealed class SessionBench(string folder, string plainCookies)
{
    private readonly List<Measured> loads = [];
    private readonly List<SessionApp> apps = [];

    public static async Task RunAsync(SideBySide bench)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-sessions-").FullName;
        await using var node = await NodeServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        var sessions = new SessionBench(folder, Path.Combine(folder, "plain"));
        try
        {
            await sessions.AddPlainAsync();
            await sessions.AddAsync("node", node.ConnectionString);
            await sessions.AddAsync("redis", redis.ConnectionString);
            await bench.RunAgainstFirstAsync([.. sessions.loads]);
        }
        finally
        {
            await sessions.EndAsync();
        }
    }

    /// <summary>The application without sessions. Its clients send cookies too, so that requests are as long.</summary>
    private async Task AddPlainAsync()
    {
        var app = await StartAsync(null);
        loads.Add(new WrkLoad("plain", app.Url + "/plain", plainCookies));
    }

    private async Task AddAsync(string store, string connection)
    {
        var app = await StartAsync(connection);
        var (readers, writers) = (Path.Combine(folder, store + "-readers"), Path.Combine(folder, store + "-writers"));
        await FillAsync(app, readers);
        await FillAsync(app, writers);
        File.Copy(readers, plainCookies, overwrite: true);
        await CheckAsync(app);
        loads.Add(new WrkLoad($"sessions-untouched-{store}", app.Url + "/plain", readers));
        loads.Add(new WrkLoad($"sessions-read-{store}", app.Url + "/read", readers));
        loads.Add(new WrkLoad($"sessions-write-{store}", app.Url + "/write", writers));
    }

    private async Task<SessionApp> StartAsync(string? store)
    {
        var app = await SessionApp.StartAsync(store);
        apps.Add(app);
        return app;
    }

    private static async Task FillAsync(SessionApp app, string file)
    {
        var cookies = new List<string>();
        for (var i = 0; i < WrkLoad.Clients; i++)
        {
            cookies.Add(await app.NewSessionAsync());
        }

        await File.WriteAllLinesAsync(file, cookies);
    }

    /// <summary>Makes sure that what is measured is done: writing changes what is read.</summary>
    private static async Task CheckAsync(SessionApp app)
    {
        var own = await app.NewSessionAsync();
        var before = await app.GetAsync("/read", own);
        await app.GetAsync("/write", own);
        if (before != new string('-', 50) || await app.GetAsync("/read", own) == before)
        {
            throw new InvalidOperationException("The application does not keep its sessions.");
        }
    }

    private async Task EndAsync()
    {
        foreach (var app in apps)
        {
            await app.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }
}
