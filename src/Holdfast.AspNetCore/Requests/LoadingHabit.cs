using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// Which endpoints use the session. ISession is read synchronously, so a session that the near cache does not hold
/// would block a thread; ahead of an endpoint that used it the last time, the middleware reads it without blocking.
/// Other endpoints cost no read.
/// </summary>
internal sealed class LoadingHabit
{
    private readonly ConditionalWeakTable<Endpoint, Use> uses = [];
    private readonly Use withoutEndpoint = new();

    public bool Uses(Endpoint? endpoint) => Of(endpoint).IsUsed;

    public void Learn(Endpoint? endpoint, bool isUsed) => Of(endpoint).IsUsed = isUsed;

    private Use Of(Endpoint? endpoint) => endpoint is null ? withoutEndpoint : uses.GetValue(endpoint, static _ => new Use());

    private sealed class Use
    {
        public volatile bool IsUsed;
    }
}
