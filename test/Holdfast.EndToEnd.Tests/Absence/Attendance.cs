using System.Net;

namespace Holdfast.EndToEnd.Tests.Absence;

/// <summary>
/// Requests at a steady rate, however long each of them takes: members look, some write, and strangers see public pages.
/// Counts what they are shown, and fails with the first who sees what they should not.
/// </summary>
internal sealed class Attendance : IAsyncDisposable
{
    /// <summary>Most requests that wait for their answer at the same time; beyond, none is added.</summary>
    private const int MaxUnderWay = 2000;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly IReadOnlyList<Member> lookers;
    private readonly HttpClient stranger;
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> ended = [];
    private readonly Task coming;
    private readonly TaskCompletionSource failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int underWay;
    private long theirs;
    private long closed;
    private long row;
    private long closedFrom = long.MaxValue;
    private long openAfterClosing;

    public Attendance(Uri site, IReadOnlyList<Member> lookers, IReadOnlyList<Member> writers)
    {
        this.lookers = lookers;
        stranger = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = site };
        coming = Task.WhenAll(writers.Select(WriteAsync).Append(LookAsync()));
    }

    /// <summary>Fails with the first who is shown what they should not be.</summary>
    public Task Failure => failure.Task;

    /// <summary>How many members' requests were answered with what is theirs.</summary>
    public long Theirs => Interlocked.Read(ref theirs);

    /// <summary>How many were answered with 503.</summary>
    public long Closed => Interlocked.Read(ref closed);

    /// <summary>How many were answered with what is theirs since the last 503.</summary>
    public long Row => Interlocked.Read(ref row);

    /// <summary>How many were answered with what is theirs though nothing could be known of them any more.</summary>
    public long OpenAfterClosing => Interlocked.Read(ref openAfterClosing);

    /// <summary>From now on nothing may be known of members: requests that begin are to be answered with 503.</summary>
    public void Close() => Interlocked.Exchange(ref closedFrom, TimeProvider.System.GetTimestamp());

    /// <summary>From now on it may be known again.</summary>
    public void Open() => Interlocked.Exchange(ref closedFrom, long.MaxValue);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await coming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(ended);
        stranger.Dispose();
        stop.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Pace);
        for (var turn = 0; await NextAsync(timer); turn++)
        {
            ended.RemoveAll(static task => task.IsCompleted);
            if (Volatile.Read(ref underWay) < MaxUnderWay)
            {
                Interlocked.Increment(ref underWay);
                ended.Add(turn % 4 == 0 ? WatchAsync(StrangerAsync) : WatchAsync(lookers[turn % lookers.Count].LookAsync));
            }
        }
    }

    private async Task WriteAsync(Member writer)
    {
        while (!stop.IsCancellationRequested)
        {
            Interlocked.Increment(ref underWay);
            await WatchAsync(writer.VisitAsync);
            await Task.Delay(Pace);
        }
    }

    /// <summary>Public pages are there whatever becomes of the store.</summary>
    private async Task<Sight?> StrangerAsync()
    {
        using var response = await stranger.GetAsync("/SignIn");
        if (Member.IsTurnedAway(response.StatusCode, await response.Content.ReadAsStringAsync()))
        {
            return Sight.TurnedAway;
        }

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return null;
    }

    private Task WatchAsync(Func<Task<Sight>> look) => WatchAsync(async () => (Sight?)await look());

    private async Task WatchAsync(Func<Task<Sight?>> look)
    {
        var begun = TimeProvider.System.GetTimestamp();
        try
        {
            Count(await look(), begun);
        }
        catch (Exception fault)
        {
            failure.TrySetException(fault);
        }

        Interlocked.Decrement(ref underWay);
    }

    private void Count(Sight? sight, long begun)
    {
        if (sight == Sight.Closed)
        {
            Interlocked.Increment(ref closed);
            Interlocked.Exchange(ref row, 0);
        }
        else if (sight == Sight.Theirs)
        {
            Interlocked.Increment(ref theirs);
            Interlocked.Increment(ref row);
            if (begun > Interlocked.Read(ref closedFrom))
            {
                Interlocked.Increment(ref openAfterClosing);
            }
        }
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
