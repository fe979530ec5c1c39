using System.Diagnostics;

namespace Holdfast.Tests.Redis;

/// <summary>
/// Callers who add one to the counter of an affinity again and again, and count how often that was acknowledged: what is
/// there in the end must be that, or the engine must have told that the store has lost something.
/// </summary>
internal sealed class CountingWriters
{
    private readonly StateEngine engine;
    private readonly Address[] addresses;
    private readonly long[] acknowledged;
    private readonly Task[] writers;
    private volatile bool isStopped;

    public CountingWriters(StateEngine engine, IReadOnlyList<string> affinities)
    {
        this.engine = engine;
        addresses = [.. affinities.Select(static affinity => new Address("count", affinity))];
        acknowledged = new long[addresses.Length];
        writers = [.. Enumerable.Range(0, addresses.Length).Select(WriteAsync)];
    }

    public long Acknowledged => acknowledged.Sum();

    /// <summary>Waits until so many more commits were acknowledged.</summary>
    public async Task MakeAsync(int more)
    {
        var (before, deadline) = (Acknowledged, Stopwatch.StartNew());
        while (Acknowledged < before + more)
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(300), $"Only {Acknowledged - before} commits were made.");
            if (writers.FirstOrDefault(static writer => writer.IsFaulted) is { } failed)
            {
                await failed;
            }

            await Task.Delay(5);
        }
    }

    /// <summary>Stops, and answers for each affinity how many were acknowledged and how many are there.</summary>
    public async Task<IReadOnlyList<(long Acknowledged, long Found)>> StopAsync()
    {
        isStopped = true;
        await Task.WhenAll(writers);
        var found = new List<(long Acknowledged, long Found)>();
        for (var i = 0; i < addresses.Length; i++)
        {
            found.Add((acknowledged[i], (await engine.ReadAsync(addresses[i])).Record?.Counter("n") ?? 0));
        }

        return found;
    }

    private async Task WriteAsync(int index)
    {
        await Task.Yield();
        while (!isStopped)
        {
            Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(addresses[index]).Add("n", 1)))).IsCommitted);
            acknowledged[index]++;
        }
    }
}
