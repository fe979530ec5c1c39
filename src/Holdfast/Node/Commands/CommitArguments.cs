using System.Globalization;
using System.Text;
using Holdfast.Redis;

namespace Holdfast.Node;

/// <summary>Reads the arguments of <c>hf1_commit</c> and <c>hf1_remove</c> (docs/wire.md), in one pass.</summary>
internal ref struct CommitArguments
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly WireKeys wireKeys;
    private readonly Command command;
    private readonly int keyCount;
    private readonly int firstKey;
    private int at;

    public CommitArguments(WireKeys wireKeys, Command command)
    {
        this.wireKeys = wireKeys;
        this.command = command;
        firstKey = FunctionCommands.FirstKey;
        keyCount = FunctionCommands.KeyCount(command);
        at = firstKey + keyCount;
    }

    /// <summary>Reads the whole call.</summary>
    /// <param name="isRemoval">Whether it is <c>hf1_remove</c>.</param>
    /// <param name="runId">The run id of this process, which the call must name.</param>
    public NodeCommit Read(bool isRemoval, string runId)
    {
        if (keyCount < 3)
        {
            throw new WireArgumentException($"the keys are head, journal, client and more, not {keyCount}");
        }

        var partition = KeyOf(0, WireKeyKind.Head, -1).Partition;
        KeyOf(1, WireKeyKind.Journal, partition);
        var client = KeyOf(2, WireKeyKind.Client, partition).Name!;
        if (!Ascii.Equals(command[Next()], runId))
        {
            throw new WireArgumentException("the run id is not the server's");
        }

        var durability = ReadMarks(out var hasRequest);
        var sequence = Integer(0, Counter.Maximum);
        var request = hasRequest ? ReadRequest(partition) : null;
        var changes = ReadChanges(partition, hasRequest ? 4 : 3, isRemoval);
        var events = ReadEvents();
        if (isRemoval && (request is not null || events.Length > 0))
        {
            throw new WireArgumentException("a removal has no request id and no events");
        }

        var commit = new Commit(changes)
        {
            Events = events,
            Request = request,
            Durability = durability,
            Affinity = wireKeys.AffinityOf(partition),
        };
        return new NodeCommit(commit, partition, client, sequence);
    }

    private readonly WireKey KeyOf(int index, WireKeyKind kind, int partition)
    {
        var key = wireKeys.Parse(command[firstKey + index]);
        if (key.Kind != kind || (partition >= 0 && key.Partition != partition))
        {
            throw new WireArgumentException($"key {index + 1} is no {kind.ToString().ToLowerInvariant()} of the partition: '{command.Text(firstKey + index)}'");
        }

        return key;
    }

    private Durability ReadMarks(out bool hasRequest)
    {
        var marks = command[Next()];
        Durability? durability = marks switch
        {
            [(byte)'m', ..] => Durability.Memory,
            [(byte)'w', ..] => Durability.Written,
            [(byte)'s', ..] => Durability.Synced,
            _ => null,
        };

        // Whether the commit was sent before is looked up in any case, and the client is kept in mind: that costs less here than to ask.
        hasRequest = IsNext(ref marks, 'r');
        _ = IsNext(ref marks, 'n');
        _ = IsNext(ref marks, 'k');
        return durability is { } known && marks.Length == 1
            ? known
            : throw new WireArgumentException("the second argument is m, w or s, and behind it r if there is a request id, n if it is sent for the first time, k if the client is kept in mind");

        static bool IsNext(ref ReadOnlySpan<byte> marks, char mark)
        {
            var isNext = marks.Length > 1 && marks[1] == mark;
            marks = isNext ? marks[1..] : marks;
            return isNext;
        }
    }

    private RequestId ReadRequest(int partition)
    {
        var fingerprint = Text();
        var window = Integer(1, (long)StateLimits.MaxRequestWindow.TotalMilliseconds);
        if (keyCount < 4)
        {
            throw new WireArgumentException("a fingerprint needs a request key");
        }

        if (fingerprint.Length == 0 || Encoding.UTF8.GetByteCount(fingerprint) > StateLimits.MaxRequestIdBytes)
        {
            throw new WireArgumentException("a fingerprint has 1 to 255 bytes");
        }

        return WireKeys.TryParseRequest(KeyOf(3, WireKeyKind.Request, partition).Name!, out var id, out var step)
            ? new RequestId(id, step) { Fingerprint = fingerprint, Window = TimeSpan.FromMilliseconds(window) }
            : throw new WireArgumentException("the request key does not read @req:<bytes of id>:<id>:<step>");
    }

    private RecordChange[] ReadChanges(int partition, int keysBefore, bool isRemoval)
    {
        var count = keyCount - keysBefore;
        if (count > StateLimits.MaxRecordsPerCommit)
        {
            throw new StateLimitException($"a commit has at most {StateLimits.MaxRecordsPerCommit} records, not {count}");
        }

        var changes = new RecordChange[count];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = ReadChange(KeyOf(keysBefore + i, WireKeyKind.Record, partition).Address, isRemoval);
        }

        return changes;
    }

    private RecordChange ReadChange(Address address, bool isRemoval)
    {
        var marks = command[Next()];
        if (marks.Length > Commit.MaxMarks)
        {
            throw new StateLimitException($"a change has at most {Commit.MaxMarks} conditions and operations, not {marks.Length}");
        }

        var change = (marks.IsEmpty ? default : (char)marks[0]) switch
        {
            'U' when isRemoval => throw new WireArgumentException("a removal updates nothing"),
            'U' => RecordChange.Update(address),
            'D' => RecordChange.Delete(address),
            'K' => RecordChange.Keep(address),
            var mark => throw new WireArgumentException($"there is no change '{mark}'"),
        };
        var expiry = marks.IndexOfAny("=->"u8);
        if (expiry < 0)
        {
            throw new WireArgumentException("a change has an expiry: =, - or >");
        }

        var conditions = 1;
        if (marks.Length > 1 && marks[1] == 'H')
        {
            ReadHeld(change, marks.Length);
            conditions = 2;
        }

        foreach (var mark in marks[conditions..expiry])
        {
            change.When(ReadCondition((char)mark));
        }

        ReadExpiry(change, marks[expiry]);
        foreach (var mark in marks[(expiry + 1)..])
        {
            if (change.Kind != ChangeKind.Update)
            {
                throw new WireArgumentException("only an update has operations");
            }

            change.With(ReadOperation((char)mark));
        }

        return change;
    }

    private void ReadHeld(RecordChange change, int marks)
    {
        if (change.Kind != ChangeKind.Update || marks > CommitWire.MaxHeldMarks)
        {
            throw new WireArgumentException($"only an update of at most {CommitWire.MaxHeldMarks} marks says what the caller holds");
        }

        var revision = Integer(1, Counter.Maximum);
        change.Holding(Integer(1, Counter.Maximum), revision);
    }

    private Condition ReadCondition(char mark) => mark switch
    {
        'A' => Condition.Absent,
        'E' => Condition.Exists,
        'B' => Condition.BornAt(Integer(0, Counter.Maximum)),
        'R' => Condition.RevisionIs(Integer(0, Counter.Maximum)),
        'F' => Condition.FieldIs(Field(), Content()),
        'N' => Condition.FieldAbsent(Field()),
        _ => throw new WireArgumentException($"there is no condition '{mark}'"),
    };

    private void ReadExpiry(RecordChange change, byte mark)
    {
        if (mark == '-')
        {
            change.NeverExpire();
        }
        else if (mark == '>')
        {
            change.ExpireAfter(TimeSpan.FromMilliseconds(Integer(1, (long)StateLimits.MaxTimeToLive.TotalMilliseconds)));
        }
    }

    private FieldOperation ReadOperation(char mark) => mark switch
    {
        'S' => FieldOperation.Set(Field(), Content()),
        'R' => FieldOperation.Remove(Field()),
        'A' => FieldOperation.Add(Field(), Integer(Counter.Minimum, Counter.Maximum)),
        'M' => FieldOperation.Max(Field(), Integer(Counter.Minimum, Counter.Maximum)),
        _ => throw new WireArgumentException($"there is no operation '{mark}'"),
    };

    private NewEvent[] ReadEvents()
    {
        var count = (command.Count - at) / 2;
        if (count > StateLimits.MaxEventsPerCommit)
        {
            throw new StateLimitException($"a commit has at most {StateLimits.MaxEventsPerCommit} events, not {count}");
        }

        if ((command.Count - at) % 2 != 0)
        {
            throw new WireArgumentException("behind the changes are events, each a type and a payload");
        }

        var events = count == 0 ? [] : new NewEvent[count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = new NewEvent(Text(), Content());
        }

        return events;
    }

    private int Next() => at < command.Count ? at++ : throw new WireArgumentException("there are too few arguments");

    private ReadOnlyMemory<byte> Content() => command.Memory(Next());

    private string Text()
    {
        var index = Next();
        try
        {
            return StrictUtf8.GetString(command[index]);
        }
        catch (DecoderFallbackException)
        {
            throw new WireArgumentException($"argument {index - firstKey - keyCount + 1} is not UTF-8");
        }
    }

    private string Field()
    {
        var name = Text();
        if (Encoding.UTF8.GetByteCount(name) > StateLimits.MaxFieldNameBytes)
        {
            throw new StateLimitException($"a field name has at most {StateLimits.MaxFieldNameBytes} bytes");
        }

        return FieldName.IsValid(name) ? name : throw new WireArgumentException("a field name is not empty and does not begin with '@'");
    }

    private long Integer(long least, long most)
    {
        var index = Next();
        return Number.TryParse(command[index], out var number) && number >= least && number <= most
            ? number
            : throw new WireArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"argument {index - firstKey - keyCount + 1} is '{CommandTable.Cut(command[index], 32)}', not a number from {least} to {most}"));
    }
}
