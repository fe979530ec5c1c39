using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>
/// Installs the packages of the corpus's applications, once, and proves several cases at a time: a proof mostly waits for
/// instances to start.
/// </summary>
public sealed class CorpusFixture : IAsyncLifetime
{
    /// <summary>Time for a proof on a machine that has much else to do.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>How many cases are proved at once.</summary>
    private const int AtOnce = 4;

    private static readonly string[] Names = [.. CorpusCase.Names];

    private readonly SemaphoreSlim places = new(AtOnce);
    private readonly ConcurrentDictionary<string, Lazy<Task<CorpusOutcome>>> proofs = [];

    public async ValueTask InitializeAsync()
    {
        var lockFile = new FileInfo(Path.Combine(CorpusCase.Root, "package-lock.json"));
        var installed = new FileInfo(Path.Combine(CorpusCase.Root, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= lockFile.LastWriteTimeUtc)
        {
            return;
        }

        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        {
            WorkingDirectory = CorpusCase.Root,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var (errors, _) = (npm.StandardError.ReadToEndAsync(), npm.StandardOutput.ReadToEndAsync());
        await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(10));
        Assert.True(npm.ExitCode == 0, $"npm ci fails in {CorpusCase.Root}: {await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        // Cases that were begun for tests that were not asked for.
        await Task.WhenAll(proofs.Values.Select(static proof => proof.Value)).ContinueWith(static _ => { }, TaskScheduler.Default);
        places.Dispose();
    }

    /// <summary>How a case came out; the cases after it are begun too.</summary>
    internal Task<CorpusOutcome> OutcomeOfAsync(string name)
    {
        foreach (var next in Names[Array.IndexOf(Names, name)..].Take(AtOnce))
        {
            Begin(next);
        }

        return Begin(name);
    }

    private Task<CorpusOutcome> Begin(string name) =>
        proofs.GetOrAdd(name, name => new Lazy<Task<CorpusOutcome>>(() => ProveAsync(name))).Value;

    private async Task<CorpusOutcome> ProveAsync(string name)
    {
        await places.WaitAsync();
        try
        {
            return await CorpusProof.RunAsync(CorpusCase.Load(name), Patience);
        }
        finally
        {
            places.Release();
        }
    }
}
