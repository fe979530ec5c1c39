using Holdfast.NearCaching;
using Holdfast.Redis;
using Holdfast.Tests.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.NearCaching;

/// <summary>
/// A near cache, with the link and the connections that feed it, on a store that is moved step by step: one order in which
/// fetches, changes, expiries, own commits, lost connections, the store's work and the arrival of what it says can come.
/// </summary>
internal sealed class Interleaving : IAsyncDisposable
{
    /// <summary>What can happen, and how often at most.</summary>
    public static readonly IReadOnlyList<(char Name, int Most)> Events =
    [
        ('F', 2), // A fetch is sent.
        ('M', 1), // The partition's moment is asked for.
        ('C', 1), // An own commit is sent.
        ('W', 2), // Somebody else changes the record.
        ('X', 1), // The record expires.
        ('R', 1), // The connection is lost, and replaced.
        ('S', 9), // The store executes what it got first.
        ('D', 9), // What the store said first arrives.
    ];

    /// <summary>The same, with another program that writes into the record's hash.</summary>
    public static readonly IReadOnlyList<(char Name, int Most)> EventsBesideWrites =
    [
        ('F', 1), // A fetch is sent.
        ('C', 2), // An own commit is sent.
        ('A', 1), // Another program writes a field.
        ('S', 9), // The store executes what it got first.
        ('D', 9), // What the store said first arrives.
    ];

    /// <summary>The same, with records that last for a while, as time passes.</summary>
    public static readonly IReadOnlyList<(char Name, int Most)> EventsInTime =
    [
        ('F', 2), // A fetch is sent.
        ('C', 1), // An own commit is sent.
        ('W', 1), // Somebody else changes the record, which then lasts for less than two steps of time.
        ('N', 1), // The store notices that the record's time is over.
        ('T', 3), // A step of time passes.
        ('S', 9), // The store executes what it got first.
        ('D', 9), // What the store said first arrives.
    ];

    /// <summary>What an own commit writes.</summary>
    public const string Written = "x";

    public static readonly Address Thing = new("thing", "t");

    // Three of them are less than what a feed is trusted for without a word.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private readonly StandingClock clock = new();
    private readonly SteppedStore store;
    private readonly StoreView view;
    private readonly LoneRoutes routes;
    private readonly SequenceWindow window = new();
    private readonly CallPool<ReadCall> reads = new();
    private RedisConnection connection = null!;

    public Interleaving(PushOrder pushes, Action<EngineEvent>? log = null)
    {
        store = new SteppedStore { Pushes = pushes, Clock = clock, Life = (long)(1.5 * Step.TotalMilliseconds) };
        var options = new StateEngineOptions { PartitionCount = 1, Clock = clock, Log = log ?? (static _ => { }) };
        view = new StoreView(options, new PartitionMap(1), "client");
        routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        Connect();
    }

    public StoreView View => view;

    /// <summary>How often the near cache has answered a record.</summary>
    public int Answers { get; private set; }

    public SteppedStore Store => store;

    /// <summary>Whether it can happen now.</summary>
    public bool CanDo(char name) => name switch
    {
        'S' => store.HasRequests,
        'D' => store.HasOutput,
        'X' or 'A' => store.Record is not null,
        'N' => store.IsOverdue,
        _ => true,
    };

    public void Do(char name)
    {
        Start(name);

        // What waited for a connection goes out by way of the thread pool: it is part of this step.
        SpinWait.SpinUntil(() => !connection.IsSending);
    }

    private void Start(char name)
    {
        switch (name)
        {
            case 'F':
                routes.Submit(ReadCall.Of(reads, view, 0, Thing));
                break;
            case 'M':
                routes.Submit(ReadCall.Of(reads, view, 0, null));
                break;
            case 'C':
                var commit = new CommitCall(view, 0, new Commit(RecordChange.Update(Thing).Set("at", Written)), window, routes);
                commit.TryEnter();
                routes.Submit(commit);
                break;
            case 'W':
                store.Change();
                break;
            case 'X' or 'N':
                store.Expire();
                break;
            case 'A':
                store.WriteAside();
                break;
            case 'T':
                clock.Move(Step);
                break;
            case 'R':
                Connect();
                break;
            case 'S':
                store.Step();
                break;
            default:
                store.Deliver();
                break;
        }
    }

    /// <summary>
    /// What is wrong with what the near cache answers now; null when nothing is. It may tell a record, or that there is
    /// none, of a moment that is past, but not of one before the moment that it names.
    /// </summary>
    public string? Problem()
    {
        if (view.Cache.TryRead(Thing, 0, Freshness.Pushed, out var reading) != NearCacheAnswer.Hit)
        {
            return null;
        }

        Answers += reading.Record is null ? 0 : 1;
        if (store.IsOver(reading.Record))
        {
            return $"answered the record of revision {reading.Record!.Revision} when its time was over";
        }

        return store.Was(reading.Record, reading.At.Revision) ? null : $"answered the record of revision {reading.Record?.Revision} as of revision {reading.At.Revision}";
    }

    /// <summary>The store does all that it was asked, and all that it says arrives: what is wrong then.</summary>
    public string? ProblemAtRest()
    {
        while (store.HasRequests || store.HasOutput)
        {
            Do(store.HasRequests ? 'S' : 'D');
            if (Problem() is { } problem)
            {
                return problem;
            }
        }

        return view.Cache.TryRead(Thing, 0, Freshness.Pushed, out var reading) == NearCacheAnswer.Hit && !store.Is(reading.Record)
            ? $"answers the record of revision {reading.Record?.Revision} for ever, where the store has another, of revision {store.Record}"
            : null;
    }

    /// <summary>The engine checks what was served against the store.</summary>
    public void Sample(NearCacheEntry served) => routes.Submit(new SampleCall(view, served));

    public ValueTask DisposeAsync()
    {
        store.Dispose();
        return routes.DisposeAsync();
    }

    private void Connect()
    {
        var link = routes.Nodes[0].Link;
        connection = new RedisConnection(store.Connect(), link, clock)
        {
            Server = new ServerProfile { Name = "redis", Version = "7", RunId = SteppedStore.RunId, Tenure = SteppedStore.RunId, ConnectionId = 1, Durability = Durability.Memory },
        };
        connection.Start();
        link.Adopt(connection);
    }
}
