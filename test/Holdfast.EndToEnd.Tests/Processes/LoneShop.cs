using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>One instance of the shop, alone: on the embedded engine in its own process and folder, or on a store that is named.</summary>
public sealed class LoneShop : IAsyncLifetime
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-shop-").FullName;
    private readonly ConcurrentQueue<string> output = new();
    private readonly TaskCompletionSource<Uri> url = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;

    public LoneShop()
        : this(state: null)
    {
    }

    internal LoneShop(string? state)
    {
        var start = new ProcessStartInfo("dotnet", [Program])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["HOLDFAST_INSTANCE"] = Instance;
        start.Environment["HOLDFAST_STATE"] = state;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Exited += (_, _) => url.TrySetException(new InvalidOperationException("It ended."));
    }

    /// <summary>The shop, built in the same configuration as these tests.</summary>
    public static string Program { get; } = Find();

    /// <summary>What it calls itself.</summary>
    public static string Instance => "lone";

    public Uri Url { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            Url = await url.Task.WaitAsync(Patience);
        }
        catch (Exception fault) when (fault is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"The shop did not start: {fault.Message}\n{string.Join('\n', output)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = folder.Parent!.Name;
        while (!File.Exists(Path.Combine(folder.FullName, "Holdfast.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests don't lie in the source tree.");
        }

        return Path.Combine(folder.FullName, "samples", "Shop", "bin", configuration, "net10.0", "Shop.dll");
    }

    private void Take(string? line)
    {
        output.Enqueue(line ?? "");
        if (line?.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
        {
            url.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
        }
    }
}
