using System.Globalization;
using System.Text;

namespace Holdfast.Tests.NearCaching;

/// <summary>
/// A store of one partition and one record, as a Redis server keeps and tracks them, that does nothing by itself: what was
/// sent to it waits until it is stepped, and what it says waits until it is delivered. All on the caller's thread.
/// </summary>
internal sealed class SteppedStore : IDisposable
{
    public const string RunId = "0123";
    public const long Term = 7;

    // Makes the record so large that a client says when it holds it.
    private static readonly string Large = new('-', 200);

    private readonly Queue<string[]> requests = new();
    private readonly LinkedList<(string Text, bool IsPush)> output = new();
    private readonly Dictionary<string, long> made = [];
    private readonly List<(long Revision, long? Record, int Aside)> moments = [(0, null, 0)];
    private readonly Dictionary<long, long?> deadlines = [];
    private string at = "";
    private int aside;
    private long? deadline;
    private SteppedStream? connection;
    private bool isTracked;

    /// <summary>Whether it pushes as Redis does in default mode; otherwise replies overtake pushes, as with BCAST, or there are none.</summary>
    public PushOrder Pushes { get; init; }

    /// <summary>How long a record lasts that somebody else has changed, in milliseconds of <see cref="Clock"/>; null for ever.</summary>
    public long? Life { get; init; }

    /// <summary>Tells when records expire.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How many commits it was told of that change the record that the client holds.</summary>
    public int HeldCommits { get; private set; }

    /// <summary>The partition's revision.</summary>
    public long Revision => moments[^1].Revision;

    /// <summary>The revision at which the record was changed last; null while there is none.</summary>
    public long? Record => moments[^1].Record;

    public bool HasRequests => requests.Count > 0;

    public bool HasOutput => output.Count > 0;

    /// <summary>A new connection; the one before is cut, with all that was under way on it.</summary>
    public Stream Connect()
    {
        var before = connection;
        requests.Clear();
        output.Clear();
        isTracked = false;
        connection = new SteppedStream(Take);
        before?.End();
        return connection;
    }

    public void Dispose() => connection?.Dispose();

    /// <summary>Whether the record was like this at a moment of this revision or a later one.</summary>
    public bool Was(Record? record, long sinceRevision) =>
        moments.Exists(moment => moment.Revision >= sinceRevision && moment.Record == record?.Revision && (record is null || record.Text("aside") == $"{moment.Aside}"));

    /// <summary>Whether the record is like this.</summary>
    public bool Is(Record? record) => Record == record?.Revision && (record is null || record.Text("aside") == $"{aside}");

    /// <summary>Whether the record is there and should not be.</summary>
    public bool IsOverdue => deadline < Now;

    /// <summary>Whether the record is one whose time is over, whether or not anybody has noticed.</summary>
    public bool IsOver(Record? record) => record is not null && deadlines.GetValueOrDefault(record.Revision) < Now;

    /// <summary>Another program writes a field, which changes no revision.</summary>
    public void WriteAside()
    {
        aside++;
        Become(Revision, Record, isOwn: false);
    }

    /// <summary>Somebody else changes the record.</summary>
    public void Change()
    {
        at = $"{Revision + 1}";
        deadline = Now + Life;
        Become(Revision + 1, Revision + 1, isOwn: false);
    }

    /// <summary>The record expires, which changes no revision.</summary>
    public void Expire()
    {
        deadline = null;
        Become(Revision, null, isOwn: false);
    }

    /// <summary>Executes what was sent first.</summary>
    public void Step()
    {
        // As Redis does, which finds out when it is asked, if it has not before.
        if (IsOverdue)
        {
            Expire();
        }

        var request = requests.Dequeue();
        var answer = request[0] == "HGETALL" ? Fields() : request[1] switch
        {
            "hf1_read" => Read(isRecord: request[2] == "2"),
            "hf1_commit" => Commit(request[9], heldAt: request[10].StartsWith("UH", StringComparison.Ordinal) && request[12] == $"{Term}" ? request[11] : null),
            _ => throw new InvalidOperationException(string.Join(' ', request)),
        };
        Say(answer, isPush: false);
    }

    /// <summary>Lets the client have what was said first.</summary>
    public void Deliver()
    {
        var (text, _) = output.First!.Value;
        output.RemoveFirst();
        connection!.Deliver(Encoding.UTF8.GetBytes(text));
    }

    private long Now => (long)Clock.GetElapsedTime(0).TotalMilliseconds;

    // The time to live as PTTL tells it.
    private long Left => deadline - Now ?? -1;

    private string Read(bool isRecord)
    {
        isTracked |= isRecord;
        return $"*{(isRecord ? 4 : 3)}\r\n${RunId.Length}\r\n{RunId}\r\n:{Term}\r\n:{Revision}\r\n" + (isRecord ? RecordText() : "");
    }

    private string Fields()
    {
        isTracked = true;
        return Record is { } revision ? string.Create(CultureInfo.InvariantCulture, $"%5\r\n+@rev\r\n+{revision}\r\n+@born\r\n+1\r\n+at\r\n+{at}\r\n+large\r\n+{Large}\r\n+aside\r\n+{aside}\r\n") : "%0\r\n";
    }

    // A commit that was made before is answered as a repetition of it, with the record as it is now.
    private string Commit(string sequence, string? heldAt)
    {
        var isNew = !made.TryGetValue(sequence, out var revision);
        var isAsHeld = isNew && heldAt == $"{Record}";
        HeldCommits += isAsHeld ? 1 : 0;
        if (isNew)
        {
            at = Interleaving.Written;
            Become(Revision + 1, Revision + 1, isOwn: true);
            made[sequence] = revision = Revision;
        }

        isTracked = true;
        return $"*4\r\n{(isNew ? "+ok" : "+repeat")}\r\n:{Term}\r\n:{revision}\r\n*1\r\n{(isAsHeld ? $":{Left}\r\n" : RecordText())}";
    }

    private string RecordText() =>
        Record is { } revision ? string.Create(CultureInfo.InvariantCulture, $"*2\r\n:{Left}\r\n*10\r\n+@rev\r\n+{revision}\r\n+@born\r\n+1\r\n+at\r\n+{at}\r\n+large\r\n+{Large}\r\n+aside\r\n+{aside}\r\n") : "_\r\n";

    private void Become(long revision, long? record, bool isOwn)
    {
        if (record is { } changed)
        {
            deadlines[changed] = deadline;
        }

        moments.Add((revision, record, aside));
        if (isTracked && !isOwn)
        {
            isTracked = false;
            var key = $"hf:{{{new PartitionMap(1).TagOf(0)}}}:{Interleaving.Thing}";
            Say($">2\r\n+invalidate\r\n*1\r\n${key.Length}\r\n{key}\r\n", isPush: true);
        }
    }

    private void Say(string text, bool isPush)
    {
        if (isPush && Pushes == PushOrder.None)
        {
            return;
        }

        var push = output.First;
        while (push is { Value.IsPush: false })
        {
            push = push.Next;
        }

        if (!isPush && Pushes == PushOrder.AfterReplies && push is not null)
        {
            output.AddBefore(push, (text, isPush));
        }
        else
        {
            output.AddLast((text, isPush));
        }
    }

    private void Take(string text)
    {
        var lines = text.Split("\r\n");
        for (var at = 0; at < lines.Length - 1;)
        {
            var parts = new string[int.Parse(lines[at].AsSpan(1), CultureInfo.InvariantCulture)];
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i] = lines[at + 2 + (2 * i)];
            }

            at += 1 + (2 * parts.Length);
            requests.Enqueue(parts);
        }
    }
}
