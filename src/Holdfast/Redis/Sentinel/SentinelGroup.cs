using System.Globalization;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// The sentinels that watch over a store. All are asked where the master is. Most of those that the connection string
/// names must answer, since with fewer the master may be cut off from the rest and soon be one no more; of their answers
/// the one of the highest configuration epoch counts, which is how sentinels decide it among themselves.
/// </summary>
/// <remarks>
/// One sentinel at a time is listened to for <c>+switch-master</c>, and asked every second in case it does not tell; after
/// five seconds the next one, as it may be cut off from the others with the master that was. When it names another master, and
/// most agree, the connection to the old one is given up.
/// </remarks>
internal sealed class SentinelGroup(RedisAddress address, StateEngineOptions options) : IAsyncDisposable
{
    private const string Switched = "+switch-master";

    /// <summary>So often a sentinel is asked before the next one has its turn.</summary>
    private const int AsksInATurn = 5;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource disposed = new();
    private Task following = Task.CompletedTask;

    private int Majority => (address.Places.Count / 2) + 1;

    /// <summary>Asks all sentinels for the master's place.</summary>
    /// <exception cref="StateMismatchException">None knows the store by its name, or they refuse the password.</exception>
    /// <exception cref="StateUnavailableException">Too few answered.</exception>
    public async ValueTask<RedisAddress> FindAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(address.Places.Select(place => AskOnceAsync(place, cancellationToken))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var known = answers.Where(static answer => answer.Master is not null).ToList();
        return known.Count >= Majority
            ? address.At(known.MaxBy(static answer => answer.Epoch).Master!)
            : throw WhyNone(answers, known.Count);
    }

    /// <summary>Has the node's connection given up when its server is the master no more.</summary>
    public void Follow(StoreNode node) => following = FollowAsync(node);

    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync().ConfigureAwait(false);
        await following.ConfigureAwait(false);
        disposed.Dispose();
    }

    private StateException WhyNone(Answer[] answers, int known)
    {
        if (known == 0 && answers.FirstOrDefault(static answer => answer.Fault is StateMismatchException).Fault is { } refused)
        {
            return refused;
        }

        var reason = answers.FirstOrDefault(static answer => answer.Fault is not null).Fault?.Message;
        return new StateUnavailableException($"Of the sentinels at {address} {known} told where the master is, and {Majority} must. {reason}");
    }

    private async Task<Answer> AskOnceAsync(RedisPlace place, CancellationToken cancellationToken)
    {
        try
        {
            var sentinel = await OpenAsync(place, cancellationToken).ConfigureAwait(false);
            await using var closing = sentinel.ConfigureAwait(false);
            return await AskAsync(sentinel, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreErrorException fault) when (fault.Error.Text.Contains("No such master", StringComparison.Ordinal))
        {
            return new Answer(null, 0, new StateMismatchException(
                $"The sentinel at {place} knows no store {address.ServiceName}: end the connection string with the name that its configuration says (sentinel monitor NAME …)."));
        }
        catch (StoreErrorException fault)
        {
            return new Answer(null, 0, fault.Error.ToException());
        }
        catch (StateException fault)
        {
            return new Answer(null, 0, fault);
        }
        catch (Exception fault) when (fault is OperationCanceledException or TimeoutException)
        {
            return new Answer(null, 0, new StateUnavailableException($"The sentinel at {place} did not answer within {AnswerTimeout.TotalSeconds:0} s."));
        }
    }

    // Sentinels often have no password where their servers have one: then the store's is no business of theirs.
    private async Task<Inquiry> OpenAsync(RedisPlace place, CancellationToken cancellationToken)
    {
        var there = address.AtSentinel(place);
        try
        {
            return await Inquiry.OpenAsync(there, options.Clock, AnswerTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (StateMismatchException) when (address.SentinelPassword is null && there.Password is not null)
        {
            return await Inquiry.OpenAsync(there with { User = RedisAddress.DefaultUser, Password = null }, options.Clock, AnswerTimeout, cancellationToken).ConfigureAwait(false);
        }
    }

    // The address first: while a failover goes on, it is the new one as soon as the epoch is.
    private async Task<Answer> AskAsync(Inquiry sentinel, CancellationToken cancellationToken)
    {
        var place = sentinel.Dialogue.AskAsync(ReadPlace, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.ServiceName!);
        var facts = await sentinel.Dialogue.AskPairsAsync(["SENTINEL", "MASTER", address.ServiceName!])
            .WaitAsync(AnswerTimeout, options.Clock, cancellationToken).ConfigureAwait(false);
        return new Answer(await place.ConfigureAwait(false), long.Parse(facts.GetValueOrDefault("config-epoch", "0"), CultureInfo.InvariantCulture), null);
    }

    private static RedisPlace? ReadPlace(ref RespReader reader) =>
        reader.ReadCount() < 2 ? null : new RedisPlace(reader.ReadString(), checked((int)reader.ReadInteger()));

    private async Task FollowAsync(StoreNode node)
    {
        var delay = new Backoff(TimeSpan.FromMilliseconds(100), AskInterval, options.Entropy);
        for (var turn = 0; !disposed.IsCancellationRequested; turn++)
        {
            try
            {
                await ListenAsync(node, address.Places[turn % address.Places.Count]).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is StateException or TimeoutException or OperationCanceledException)
            {
                // The next sentinel may do, after a while.
                await Task.Delay(delay.Next(), options.Clock, disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(StoreNode node, RedisPlace place)
    {
        using var told = new SemaphoreSlim(0);
        var sentinel = await OpenAsync(place, disposed.Token).ConfigureAwait(false);
        await using var closing = sentinel.ConfigureAwait(false);
        sentinel.OnMessage = message =>
        {
            if (message.StartsWith(address.ServiceName + " ", StringComparison.Ordinal))
            {
                told.Release();
            }
        };
        await sentinel.Dialogue.SubscribeAsync(Switched, ends: false).WaitAsync(AnswerTimeout, options.Clock, disposed.Token).ConfigureAwait(false);
        for (var asks = 0; asks < AsksInATurn; asks++)
        {
            var master = (await AskAsync(sentinel, disposed.Token).ConfigureAwait(false)).Master;
            if (node.Link.IsConnected && master is not null && master != node.Keeper.Place)
            {
                await LeaveUnlessMasterAsync(node).ConfigureAwait(false);
            }

            await told.WaitAsync(AskInterval, disposed.Token).ConfigureAwait(false);
        }
    }

    private async Task LeaveUnlessMasterAsync(StoreNode node)
    {
        var agreed = await FindAsync(disposed.Token).ConfigureAwait(false);
        if (agreed.Place != node.Keeper.Place)
        {
            options.Log(new EngineEvent(EngineEventLevel.Warning, "MasterSwitched", $"The sentinels at {address} call {agreed} the master, no more {node.Keeper.Place}."));
            node.Link.Reset();
        }
    }

    private readonly record struct Answer(RedisPlace? Master, long Epoch, StateException? Fault);
}
