using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>The log waits for those whom the disk has just answered, where that is worth it, and nowhere else.</summary>
public sealed class SyncPacingTests : IDisposable
{
    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public void It_waits_for_as_many_as_were_there_for_half_of_what_the_disk_takes()
    {
        var pacing = new SyncPacing();
        Assert.Equal(0, pacing.Awaited);
        Note(pacing, times: 20, entries: 40, gathered: 24, taken: 6000);
        Assert.Equal(56, pacing.Awaited);
        Assert.InRange(pacing.Milliseconds, 2, 3);
        pacing.Note(entries: 1, gathered: 0, taken: 6000);
        Assert.Equal(1, pacing.Awaited);
    }

    [Fact]
    public void A_fast_disk_waits_for_nobody()
    {
        var pacing = new SyncPacing();
        Note(pacing, times: 20, entries: 40, gathered: 24, taken: 100);
        Assert.Equal(0, pacing.Awaited);
    }

    [Fact]
    public void Where_they_do_not_come_back_it_is_tried_ever_less_often_until_they_do()
    {
        var pacing = new SyncPacing();
        Note(pacing, times: 20, entries: 40, gathered: 24, taken: 6000);
        foreach (var skipped in new[] { 4, 8, 16, 32, 64, 128, 256, 256 })
        {
            pacing.Note(haveCome: false);
            Note(pacing, times: skipped - 1, entries: 40, gathered: 24, taken: 6000);
            Assert.Equal(0, pacing.Awaited);
            pacing.Note(entries: 40, gathered: 24, taken: 6000);
            Assert.Equal(56, pacing.Awaited);
        }

        pacing.Note(haveCome: true);
        pacing.Note(haveCome: false);
        Note(pacing, times: 4, entries: 40, gathered: 24, taken: 6000);
        Assert.Equal(56, pacing.Awaited);
    }

    /// <summary>Callers that come again as soon as they are answered share their synchronisings, and do not take turns by halves.</summary>
    [Fact]
    public async Task Callers_that_come_again_are_synchronised_together()
    {
        const int callers = 32;
        const int commits = 20;
        const int attempts = 10;

        // By halves it would be twice as many synchronisings as there are rounds, each time. Callers of a busy machine may be late at times, and then the log
        // waits for them less often for a while: each attempt begins anew.
        var least = long.MaxValue;
        for (var attempt = 1; attempt <= attempts && least > commits * 3 / 2; attempt++)
        {
            await using var engine = await OpenAsync(milliseconds: 50);
            var before = engine.LogFigures.Syncs;
            await CommitAsync(engine, callers, commits);
            least = Math.Min(least, engine.LogFigures.Syncs - before);
            Assert.Equal(attempt * commits, (await engine.ReadAsync(new Address("a", "7"))).Record!.Counter("n"));
        }

        Assert.InRange(least, commits, commits * 3 / 2);
    }

    /// <summary>One who is left alone by the others goes ahead, however often clients that only read end a round meanwhile.</summary>
    [Fact]
    public async Task Rounds_of_clients_that_wait_for_nothing_keep_nobody_waiting()
    {
        await using var engine = await OpenAsync(milliseconds: 20);
        await CommitAsync(engine, callers: 32, commits: 3);
        using var over = new CancellationTokenSource();
        var rounds = Task.Factory.StartNew(
            () =>
            {
                while (!over.IsCancellationRequested)
                {
                    engine.Write();
                }
            },
            TaskCreationOptions.LongRunning);
        await CommitAsync(engine, callers: 1, commits: 3);
        await over.CancelAsync();
        await rounds;
    }

    private Task<EmbeddedEngine> OpenAsync(int milliseconds) => store.OpenAsync(
        new StateEngineOptions { PartitionCount = 4 }, new EmbeddedSettings { Disk = new SlowDisk(TimeSpan.FromMilliseconds(milliseconds)) });

    private static Task CommitAsync(EmbeddedEngine engine, int callers, int commits) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            for (var i = 0; i < commits; i++)
            {
                await engine.CommitAsync(new Commit(RecordChange.Update(new Address("a", $"{caller}")).Add("n", 1)));
            }
        }));

    private static void Note(SyncPacing pacing, int times, int entries, int gathered, long taken)
    {
        for (; times > 0; times--)
        {
            pacing.Note(entries, gathered, taken);
        }
    }
}
