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

    /// <summary>Has the session watched until what is returned is disposed of.</summary>
    public Use Begin(SessionReference? session, LoginReference? login)
    {
        var key = new Watched(session, login);
        SessionWatch watch;
        lock (gate)
        {
            var isNew = !watches.TryGetValue(key, out var known);
            watch = isNew ? new SessionWatch(engine, lifetime, session, login) : known.Watch;
            watches[key] = (watch, known.Uses + 1);
            if (!isNew)
            {
                return new Use(this, key, watch);
            }
        }

        _ = watch.RunAsync();
        return new Use(this, key, watch);
    }

    private void End(Watched key)
    {
        SessionWatch? unused = null;
        lock (gate)
        {
            var (watch, uses) = watches[key];
            if (uses > 1)
            {
                watches[key] = (watch, uses - 1);
            }
            else
            {
                watches.Remove(key);
                unused = watch;
            }
        }

        unused?.Dispose();
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
                watches.End(key);
            }
        }
    }

    internal readonly record struct Watched(SessionReference? Session, LoginReference? Login);
}
