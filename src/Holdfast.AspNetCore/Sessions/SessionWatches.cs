using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>One watch for each session that has live connections to this instance, however many.</summary>
internal sealed class SessionWatches(StateEngine engine, SessionLifetime lifetime)
{
    private readonly Dictionary<Watched, (SessionWatch Watch, int Uses)> watches = [];
    private readonly Lock gate = new();

    public int Count
    {
        get
        {
            lock (gate)
            {
                return watches.Count;
            }
        }
    }

    /// <summary>
    /// Has the session watched until what is returned is disposed of. A watch that has told the end stays with those that it told: the store may have been
    /// away, and whoever comes now asks it anew.
    /// </summary>
    public Use Begin(SessionReference? session, LoginReference? login)
    {
        var key = new Watched(session, login);
        SessionWatch watch;
        lock (gate)
        {
            if (watches.TryGetValue(key, out var known) && !known.Watch.Ended.IsCancellationRequested)
            {
                watches[key] = known with { Uses = known.Uses + 1 };
                return new Use(this, key, known.Watch);
            }

            watch = new SessionWatch(engine, lifetime, session, login);
            watches[key] = (watch, 1);
        }

        _ = watch.RunAsync();
        return new Use(this, key, watch);
    }

    private void End(Watched key, SessionWatch watch)
    {
        lock (gate)
        {
            // One that has told the end, and whose place another took, needs nothing more.
            if (!watches.TryGetValue(key, out var known) || known.Watch != watch)
            {
                return;
            }

            if (known.Uses > 1)
            {
                watches[key] = known with { Uses = known.Uses - 1 };
                return;
            }

            watches.Remove(key);
        }

        watch.Dispose();
    }

    /// <summary>One connection's use of a watch.</summary>
    internal sealed class Use(SessionWatches watches, Watched key, SessionWatch watch) : IDisposable
    {
        private int isDisposed;

        public CancellationToken Ended => watch.Ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isDisposed, 1) == 0)
            {
                watches.End(key, watch);
            }
        }
    }

    internal readonly record struct Watched(SessionReference? Session, LoginReference? Login);
}
