using System.Globalization;

namespace Holdfast;

/// <summary>A <see cref="JournalFollower"/>'s work while it holds its lease; ends when the lease is lost or the store fails.</summary>
internal sealed class JournalFollowerTenure(
    StateEngine engine,
    Lease lease,
    Address positions,
    Func<int, JournalEvent, CancellationToken, ValueTask> handle,
    JournalFollowerOptions options) : IDisposable
{
    private const int EventsPerPage = 100;

    private readonly JournalCursor[] cursors = [.. Enumerable.Range(0, engine.Partitions.Count).Select(static partition => new JournalCursor(partition))];
    private readonly SemaphoreSlim turns = new(JournalFollower.MaxPartitionsAtOnce);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RestoreAsync(cancellationToken).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> work = [lease.KeepAsync(ending.Token), SaveRegularlyAsync(ending.Token)];
        work.AddRange(cursors.Select(cursor => FollowAsync(cursor, ending.Token)));
        try
        {
            await (await Task.WhenAny(work).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SaveAtEndAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => turns.Dispose();

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        var stored = (await engine.ReadAsync(positions, Freshness.Latest, cancellationToken).ConfigureAwait(false)).Record;
        foreach (var cursor in cursors)
        {
            if (stored?.Text(FieldOf(cursor)) is { } text)
            {
                cursor.Restore(text);
            }
        }
    }

    private async Task SaveRegularlyAsync(CancellationToken cancellationToken)
    {
        do
        {
            await Task.Delay(options.SaveInterval, engine.Options.Clock, cancellationToken).ConfigureAwait(false);
        }
        while (await SaveAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Stores the positions that have moved; false when the lease is lost.</summary>
    private async Task<bool> SaveAsync(CancellationToken cancellationToken)
    {
        var moved = cursors.Where(static cursor => cursor.HasMoved)
            .Select(cursor => (Cursor: cursor, Place: ToStore(cursor)))
            .Where(static item => !item.Cursor.HasStored(item.Place))
            .ToList();
        if (moved.Count == 0)
        {
            return true;
        }

        var update = RecordChange.Update(positions);
        foreach (var (cursor, place) in moved)
        {
            update.Set(FieldOf(cursor), place.ToString());
        }

        // A lost position means that its events are handled again, which the handler bears: no need to wait for a disk.
        var commit = new Commit(RecordChange.Keep(lease.Address).When(lease.Fence), update) { Durability = Durability.Memory };
        if (!(await engine.CommitAsync(commit, cancellationToken).ConfigureAwait(false)).IsCommitted)
        {
            return false;
        }

        foreach (var (cursor, place) in moved)
        {
            cursor.Stored(place);
        }

        return true;
    }

    /// <summary>From where the next holder is to go on, which may change though the cursor stays.</summary>
    private JournalPlace ToStore(JournalCursor cursor)
    {
        var place = cursor.Place;
        return place with { Position = options.ResumeAfter(cursor.Partition, place.Position) };
    }

    private async Task SaveAtEndAsync()
    {
        try
        {
            await SaveAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (StateException)
        {
            // The next holder handles again what was handled since the last time.
        }
    }

    private async Task FollowAsync(JournalCursor cursor, CancellationToken cancellationToken)
    {
        var watch = await engine.WatchAsync(cursor.Partition, cancellationToken).ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            while (true)
            {
                if (await TryCatchUpAsync(cursor, cancellationToken).ConfigureAwait(false))
                {
                    await watch.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await Task.Delay(options.RetryPause, engine.Options.Clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Handles what the partition's journal holds; false when that has to be tried again after a pause.</summary>
    private async Task<bool> TryCatchUpAsync(JournalCursor cursor, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                var page = await engine.ReadJournalAsync(cursor.Partition, cursor.Place.Position, EventsPerPage, cancellationToken)
                    .ConfigureAwait(false);
                var isLast = IsOfOneHistory(cursor, page) && page.Events.Count < EventsPerPage;
                if (!await TryHandleAsync(cursor, page, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                if (isLast)
                {
                    return true;
                }
            }
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<bool> TryHandleAsync(JournalCursor cursor, JournalPage page, CancellationToken cancellationToken)
    {
        try
        {
            if (IsOfOneHistory(cursor, page))
            {
                cursor.Enter(page.At.Term);
                return await HandlePageAsync(cursor, page, cancellationToken).ConfigureAwait(false);
            }

            await EnterTermAsync(cursor, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            engine.Options.Log(new EngineEvent(
                EngineEventLevel.Warning,
                "JournalEventNotHandled",
                $"Handling partition {cursor.Partition} for {positions} after {cursor.Place.Position} failed and is tried again: {fault.Message}",
                fault));
            return false;
        }
    }

    /// <summary>Whether the page goes on where the cursor stands; if another term runs, that has to be found out first.</summary>
    private static bool IsOfOneHistory(JournalCursor cursor, JournalPage page) => cursor.Place.Term == 0 || cursor.Place.Term == page.At.Term;

    private async Task EnterTermAsync(JournalCursor cursor, CancellationToken cancellationToken)
    {
        var head = await engine.ReadHeadAsync(cursor.Partition, cancellationToken).ConfigureAwait(false);
        var shared = cursor.SharedRevision(head);
        if (cursor.Place.Position.Revision > shared)
        {
            await ReportGapAsync(cursor, new JournalPosition(shared, int.MaxValue), cancellationToken).ConfigureAwait(false);
        }

        cursor.Enter(head.Terms[^1].Term);
    }

    /// <summary>Handles the page's events; false when the lease may have been lost meanwhile.</summary>
    private async Task<bool> HandlePageAsync(JournalCursor cursor, JournalPage page, CancellationToken cancellationToken)
    {
        if (page.HasGap)
        {
            await ReportGapAsync(cursor, BeforeFirst(page), cancellationToken).ConfigureAwait(false);
        }

        foreach (var item in page.Events)
        {
            if (!lease.IsHeld)
            {
                return false;
            }

            await handle(cursor.Partition, item, cancellationToken).ConfigureAwait(false);
            cursor.MoveTo(item.Position);
        }

        return true;
    }

    private static JournalPosition BeforeFirst(JournalPage page) => page.Events switch
    {
        [] => new JournalPosition(page.At.Revision, int.MaxValue),
        [{ Position: { Index: > 0 } first }, ..] => first with { Index = first.Index - 1 },
        [var first, ..] => new JournalPosition(first.Position.Revision - 1, int.MaxValue),
    };

    private async Task ReportGapAsync(JournalCursor cursor, JournalPosition resumedAfter, CancellationToken cancellationToken)
    {
        var gap = new JournalGap(cursor.Partition, cursor.Place.Position, resumedAfter);
        engine.Options.Log(new EngineEvent(
            EngineEventLevel.Warning,
            "JournalGap",
            $"Following partition {gap.Partition} for {positions} missed events: "
            + (gap.IsHistoryLost ? "the store has lost what it held " : "they were trimmed ") + $"between {gap.After} and {gap.ResumedAfter}."));
        await options.OnGap(gap, cancellationToken).ConfigureAwait(false);
        cursor.MoveTo(resumedAfter);
    }

    private static string FieldOf(JournalCursor cursor) => cursor.Partition.ToString(CultureInfo.InvariantCulture);
}
