using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// Watches a session, and the login that it belongs to, for live connections. Whoever can't tell any more, tells that it has ended.
/// </summary>
internal sealed class SessionWatch(StateEngine engine, SessionLifetime lifetime, SessionReference? session, LoginReference? login) : IDisposable
{
    /// <summary>For so long after the store has last shown that the session lives, it is taken to.</summary>
    public static readonly TimeSpan ProofLasts = TimeSpan.FromSeconds(30);

    /// <summary>How often it is looked at without a change being told; usually that costs no round trip.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider clock = engine.Options.Clock;
    private readonly CancellationTokenSource ended = new();
    private readonly CancellationTokenSource closing = new();
    private long provenAt;

    /// <summary>Cancelled when the session has ended.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Runs until the session has ended, or nobody wants to know any more.</summary>
    public async Task RunAsync()
    {
        provenAt = clock.GetTimestamp();
        do
        {
            try
            {
                await FollowAsync();
                break;
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                // The engine is closed: the host is stopping.
                break;
            }
            catch (StateException)
            {
                await Task.Delay(RetryPause, clock, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        while (clock.GetElapsedTime(provenAt) < ProofLasts);

        if (!closing.IsCancellationRequested)
        {
            await ended.CancelAsync();
        }
    }

    /// <summary>Stops; nothing is told from here on.</summary>
    /// <remarks>The sources are left to the collector: one of them may be telling just now, and they hold nothing else.</remarks>
    public void Dispose() => closing.Cancel();

    private async Task FollowAsync()
    {
        await using var ofSession = session is { } watched ? await engine.WatchAsync(SessionReference.AddressOf(watched.Id), closing.Token) : null;
        await using var ofLogins = login is { } of ? await engine.WatchAsync(LoginRecord.AddressOf(of.User), closing.Token) : null;
        var waits = new[] { ofSession, ofLogins }.OfType<Watch>().ToDictionary(static watch => watch, ChangedAsync);
        var pause = Task.CompletedTask;
        var isChanged = true;
        while (true)
        {
            var lookedAt = clock.GetTimestamp();
            if (!await LivesAsync(isChanged ? Freshness.Latest : Freshness.Pushed))
            {
                return;
            }

            provenAt = lookedAt;
            pause = pause.IsCompleted ? Task.Delay(CheckInterval, clock, closing.Token) : pause;
            await Task.WhenAny(waits.Values.Append(pause));
            closing.Token.ThrowIfCancellationRequested();
            isChanged = false;
            foreach (var watch in waits.Where(static wait => wait.Value.IsCompleted).Select(static wait => wait.Key).ToList())
            {
                isChanged = true;
                waits[watch] = ChangedAsync(watch);
            }
        }
    }

    /// <summary>Returns when the watch has told a change, or can't any more: what is read next tells which.</summary>
    private async Task ChangedAsync(Watch watch)
    {
        try
        {
            await watch.WaitAsync(closing.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Whether session and login live; only the store says no.</summary>
    private async ValueTask<bool> LivesAsync(Freshness freshness) =>
        (await IsInAsync(freshness)) || (!freshness.IsLatest && await IsInAsync(Freshness.Latest));

    private async ValueTask<bool> IsInAsync(Freshness freshness)
    {
        if (session is { } expected)
        {
            var record = (await engine.ReadAsync(SessionReference.AddressOf(expected.Id), freshness, closing.Token)).Record;
            if (record is null || record.Birth != expected.Birth || !lifetime.IsAlive(record))
            {
                return false;
            }
        }

        return login is not { } signedIn
            || LoginRecord.Find((await engine.ReadAsync(LoginRecord.AddressOf(signedIn.User), freshness, closing.Token)).Record, signedIn.Id, clock.GetUtcNow()) is not null;
    }
}
