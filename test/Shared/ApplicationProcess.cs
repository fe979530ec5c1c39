using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>
/// A web application of this repository in a process of its own, on a free loopback port, in a folder and with a home of
/// its own: as if it stood alone on a host.
/// </summary>
internal sealed class ApplicationProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-app-").FullName;
    private readonly string project;
    private readonly string? state;
    private Process process = null!;
    private ProcessOutput output = null!;

    private ApplicationProcess(string name, string project, string? state) => (Name, this.project, this.state) = (name, project, state);

    /// <summary>What the application is told that it is called.</summary>
    public string Name { get; }

    /// <summary>Where it listens; another port after each start.</summary>
    public Uri Url { get; private set; } = null!;

    public int Pid => process.Id;

    /// <summary>What it printed last.</summary>
    public string Output => string.Join('\n', output.Lines.TakeLast(100));

    /// <summary>Starts it, and returns once it listens.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="project">The project's folder in the repository, as <c>samples/Shop</c>; built before the tests.</param>
    /// <param name="state">The store; null for an application that knows none, or takes the engine in its own process.</param>
    public static async Task<ApplicationProcess> StartAsync(string name, string project, string? state)
    {
        var application = new ApplicationProcess(name, project, state);
        try
        {
            await application.LaunchAsync();
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9, and returns once it is gone.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Starts it again after it was killed, in the same folder.</summary>
    public Task RestartAsync()
    {
        process.Dispose();
        return LaunchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task LaunchAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Repository.ProgramOf(project)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = folder;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["HOLDFAST_INSTANCE"] = Name;
        start.Environment["HOLDFAST_STATE"] = state;
        process = Process.Start(start)!;
        output = new ProcessOutput(process);
        var line = await output.SeeAsync(Listening, Patience);
        Url = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim());
    }
}
