using System.Globalization;
using System.Text;

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

        var durability = ReadDurability();
        var sequence = Integer(0, Counter.Maximum);
        var request = ReadRequest(partition);
        var changes = ReadChanges(partition, request is null ? 3 : 4, isRemoval);
        var events = ReadEvents();
        if (at != command.Count)
        {
            throw new WireArgumentException("there are too many arguments");
        }

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

    private Durability ReadDurability() => Mark() switch
    {
        'm' => Durability.Memory,
        'w' => Durability.Written,
        's' => Durability.Synced,
        _ => throw new WireArgumentException("the durability is m, w or s"),
    };

    private RequestId? ReadRequest(int partition)
    {
        var fingerprint = Text();
        var window = Integer(0, (long)StateLimits.MaxRequestWindow.TotalMilliseconds);
        if (fingerprint.Length == 0)
        {
            return null;
        }

        if (keyCount < 4)
        {
            throw new WireArgumentException("a fingerprint needs a request key");
        }

        if (window < 1 || Encoding.UTF8.GetByteCount(fingerprint) > StateLimits.MaxRequestIdBytes)
        {
            throw new WireArgumentException("a fingerprint has at most 255 bytes, and a request id a window of at least 1 ms");
        }

        return WireKeys.TryParseRequest(KeyOf(3, WireKeyKind.Request, partition).Name!, out var id, out var step)
            ? new RequestId(id, step) { Fingerprint = fingerprint, Window = TimeSpan.FromMilliseconds(window) }
            : throw new WireArgumentException("the request key does not read @req:<bytes of id>:<id>:<step>");
    }

    private RecordChange[] ReadChanges(int partition, int keysBefore, bool isRemoval)
    {
        var count = Integer(0, Counter.Maximum);
        if (count > StateLimits.MaxRecordsPerCommit)
        {
            throw new StateLimitException($"a commit has at most {StateLimits.MaxRecordsPerCommit} records, not {count}");
        }

        if (keyCount != keysBefore + count)
        {
            throw new WireArgumentException($"there are {keyCount} keys, not {keysBefore + count}");
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
        var change = Mark() switch
        {
            'U' when isRemoval => throw new WireArgumentException("a removal updates nothing"),
            'U' => RecordChange.Update(address),
            'D' => RecordChange.Delete(address),
            'K' => RecordChange.Keep(address),
            _ => throw new WireArgumentException($"there is no change '{Last()}'"),
        };
        for (var conditions = Integer(0, int.MaxValue); conditions > 0; conditions--)
        {
            change.When(ReadCondition());
        }

        ReadExpiry(change);
        for (var operations = Integer(0, int.MaxValue); operations > 0; operations--)
        {
            if (change.Kind != ChangeKind.Update)
            {
                throw new WireArgumentException("only an update has operations");
            }

            change.With(ReadOperation());
        }

        return change;
    }

    private Condition ReadCondition() => Mark() switch
    {
        'A' => Condition.Absent,
        'E' => Condition.Exists,
        'B' => Condition.BornAt(Integer(Counter.Minimum, Counter.Maximum)),
        'R' => Condition.RevisionIs(Integer(Counter.Minimum, Counter.Maximum)),
        'F' => Condition.FieldIs(Field(), Content()),
        'N' => Condition.FieldAbsent(Field()),
        _ => throw new WireArgumentException($"there is no condition '{Last()}'"),
    };

    private void ReadExpiry(RecordChange change)
    {
        var index = Next();
        if (command.Is(index, "-"u8))
        {
            change.NeverExpire();
        }
        else if (!command.Is(index, "="u8))
        {
            var most = (long)StateLimits.MaxTimeToLive.TotalMilliseconds;
            if (!Number.TryParse(command[index], out var milliseconds) || milliseconds < 1 || milliseconds > most)
            {
                throw new WireArgumentException($"an expiry is =, - or 1 to {most} ms");
            }

            change.ExpireAfter(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private FieldOperation ReadOperation() => Mark() switch
    {
        'S' => FieldOperation.Set(Field(), Content()),
        'R' => FieldOperation.Remove(Field()),
        'A' => FieldOperation.Add(Field(), Integer(Counter.Minimum, Counter.Maximum)),
        'M' => FieldOperation.Max(Field(), Integer(Counter.Minimum, Counter.Maximum)),
        _ => throw new WireArgumentException($"there is no operation '{Last()}'"),
    };

    private NewEvent[] ReadEvents()
    {
        var count = Integer(0, Counter.Maximum);
        if (count > StateLimits.MaxEventsPerCommit)
        {
            throw new StateLimitException($"a commit has at most {StateLimits.MaxEventsPerCommit} events, not {count}");
        }

        var events = new NewEvent[count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = new NewEvent(Text(), Content());
        }

        return events;
    }

    private int Next() => at < command.Count ? at++ : throw new WireArgumentException("there are too few arguments");

    /// <summary>An argument of one character; NUL if it is none.</summary>
    private char Mark() => command[Next()] is [var mark] ? (char)mark : '\0';

    /// <summary>The argument that was read last, for a message.</summary>
    private readonly string Last() => CommandTable.Cut(command[at - 1], 32);

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
