using System.Diagnostics;

namespace Holdfast.Bench;

/// <summary>The measured application (bench/Holdfast.SessionApp), an instance in a process of its own, as it would run in production.</summary>
internal sealed class SessionApp : IAsyncDisposable
{
    private static readonly string Folder = AppContext.BaseDirectory.Replace("Holdfast.Bench", "Holdfast.SessionApp", StringComparison.Ordinal);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process process;

    private SessionApp(Process process, string url) => (this.process, Url) = (process, url);

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    public int Pid => process.Id;

    /// <summary>Starts an instance on a free port.</summary>
    /// <param name="store">Where its sessions live; null for an application without sessions.</param>
    public static async Task<SessionApp> StartAsync(string? store)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Folder, "Holdfast.SessionApp.dll"), "--urls", "http://127.0.0.1:0"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        if (store is not null)
        {
            start.Environment["HOLDFAST_STATE"] = store;
        }

        var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(StartTimeout);
        while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            const string Listening = "Now listening on: ";
            if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return new SessionApp(process, line[(at + Listening.Length)..]);
            }
        }

        process.Kill();
        throw new InvalidOperationException("The session application ended before it listened.");
    }

    /// <summary>Makes a session of ten fields of 50 characters, and tells its cookies as a client sends them.</summary>
    public async Task<string> NewSessionAsync()
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false });
        using var response = await client.GetAsync(Url + "/fill");
        var cookies = response.EnsureSuccessStatusCode().Headers.GetValues("Set-Cookie");
        return string.Join("; ", cookies.Select(static cookie => cookie[..cookie.IndexOf(';', StringComparison.Ordinal)]));
    }

    /// <summary>What a path answers to who has the cookies.</summary>
    public async Task<string> GetAsync(string path, string cookies)
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, Url + path) { Headers = { { "Cookie", cookies } } };
        using var response = await client.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
