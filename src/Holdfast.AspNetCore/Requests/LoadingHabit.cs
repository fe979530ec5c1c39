using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// Which endpoints use the session. ISession is read synchronously: a session that the near cache does not hold would
/// block a thread, and many at once would starve the very threads that bring the answers. So the middleware reads it
/// ahead, without blocking, for an endpoint that it does not know yet or that used the session lately; for the others
/// it costs no read. Where reading takes the session's turn, it is read ahead only for those that are known to use it: one that does not
/// might keep the turn as long as it likes.
/// </summary>
internal sealed class LoadingHabit
{
    /// <summary>After so many requests in a row that did not use the session, it is not read ahead any more.</summary>
    private const int Memory = 16;

    private const int Unknown = 1;

    private readonly ConditionalWeakTable<Endpoint, Use> uses = [];
    private readonly Use withoutEndpoint = new();

    public bool Expects(Endpoint? endpoint, bool takesTurn) => Volatile.Read(ref Of(endpoint).Expectation) > (takesTurn ? Unknown : 0);

    public void Learn(Endpoint? endpoint, bool isUsed)
    {
        var use = Of(endpoint);
        var expectation = Volatile.Read(ref use.Expectation);
        var learned = isUsed ? Memory : Math.Max(0, expectation - 1);
        if (learned != expectation)
        {
            Volatile.Write(ref use.Expectation, learned);
        }
    }

    private Use Of(Endpoint? endpoint) => endpoint is null ? withoutEndpoint : uses.GetValue(endpoint, static _ => new Use());

    private sealed class Use
    {
        public int Expectation = Unknown;
    }
}
