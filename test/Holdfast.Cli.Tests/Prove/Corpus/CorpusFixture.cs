using System.Collections.Concurrent;
using Holdfast.TestServers;

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

    /// <summary>How many cases are begun and not done: tests wait for one at a time, and some take long.</summary>
    private const int Ahead = 3 * AtOnce;

    /// <summary>How often a case is proved in all before it counts that the prover is not sure: it says so of a machine that is too busy, which is right.</summary>
    private const int Proofs = 3;

    private readonly SemaphoreSlim places = new(AtOnce);
    private readonly ConcurrentDictionary<(string Name, bool IsNoisy), Lazy<Task<CorpusOutcome>>> proofs = [];

    public async ValueTask InitializeAsync() => await NpmPackages.InstallAsync(CorpusCase.Root, TimeSpan.FromMinutes(10));

    public async ValueTask DisposeAsync()
    {
        // Cases that were begun for tests that were not asked for.
        await Task.WhenAll(proofs.Values.Select(static proof => proof.Value)).ContinueWith(static _ => { }, TaskScheduler.Default);
        places.Dispose();
    }

    /// <summary>How a case came out; others are begun too.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="isNoisy">Whether noise is put into all answers.</param>
    /// <param name="asked">What will be asked for, in this order.</param>
    internal Task<CorpusOutcome> OutcomeOfAsync(string name, bool isNoisy, IReadOnlyList<(string Name, bool IsNoisy)> asked)
    {
        var proof = Begin(name, isNoisy);
        foreach (var next in asked.SkipWhile(other => other != (name, isNoisy)))
        {
            if (proofs.Values.Count(static begun => !begun.Value.IsCompleted) >= Ahead)
            {
                break;
            }

            Begin(next.Name, next.IsNoisy);
        }

        return proof;
    }

    /// <summary>Proves a case as soon as it is its turn.</summary>
    internal async Task<CorpusOutcome> ProveAsync(string name, TimeSpan time, bool isNoisy = false)
    {
        await places.WaitAsync();
        try
        {
            return await CorpusProof.RunAsync(CorpusCase.Load(name), time, isNoisy);
        }
        finally
        {
            places.Release();
        }
    }

    private Task<CorpusOutcome> Begin(string name, bool isNoisy) =>
        proofs.GetOrAdd((name, isNoisy), _ => new Lazy<Task<CorpusOutcome>>(() => ProveUntilSureAsync(name, isNoisy))).Value;

    private async Task<CorpusOutcome> ProveUntilSureAsync(string name, bool isNoisy)
    {
        var expected = CorpusCase.Load(name).Expect.Verdict;
        for (var proof = 1; ; proof++)
        {
            var outcome = await ProveAsync(name, Patience, isNoisy);
            if (outcome.Verdict != CorpusOutcome.Inconclusive || outcome.Verdict == expected || proof == Proofs)
            {
                return outcome;
            }
        }
    }
}
