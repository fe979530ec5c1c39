using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>
/// What a connection has sent and was not taken yet. The unfinished command is kept whole, in memory that grows as its
/// bytes arrive, never as it announces them.
/// </summary>
internal sealed class SessionInput
{
    private const int IdleBytes = 4 << 10;
    private const int LargeBytes = 64 << 10;

    /// <summary>How many commands are read ahead of their turn, so that what they need can be fetched together.</summary>
    public const int MaxAhead = RecordFetch.MaxRecords;

    // The first one reads what comes next, and keeps its place in a command that is unfinished; the others read ahead of it.
    private readonly List<CommandParser> parsers = [new()];

    // Where each of the commands begins that were read together, counted from the first.
    private readonly int[] offsets = new int[MaxAhead];
    private byte[] bytes = new byte[IdleBytes];
    private int start;
    private int end;

    public string? Problem => parsers[0].Problem;

    /// <summary>How many whole commands are known: the next one and those behind it.</summary>
    public int Ahead { get; private set; }

    /// <summary>The place of the next command among those that were read ahead together.</summary>
    public int Turn { get; private set; }

    /// <summary>The command that is so many behind the next one, of <see cref="Ahead"/>.</summary>
    public Command this[int behind]
    {
        get
        {
            var parser = parsers[Turn + behind];
            return new Command(bytes, start + offsets[Turn + behind] - offsets[Turn], parser.Ranges, parser.Count);
        }
    }

    /// <summary>Where the next bytes go; <see cref="Received"/> tells how many came.</summary>
    public Memory<byte> Room()
    {
        var held = end - start;
        var size = bytes.Length;
        if (held == 0)
        {
            start = end = 0;
            size = size > LargeBytes ? IdleBytes : size;
        }

        // At least half of what is held can come in one go, so that a large command costs few copies.
        if (bytes.Length - end < Math.Max(IdleBytes / 2, held / 2))
        {
            size = Math.Max(size, held + Math.Max(IdleBytes, held));
        }

        if (size != bytes.Length || (start > 0 && bytes.Length - end < IdleBytes))
        {
            var moved = new byte[size];
            bytes.AsSpan(start, held).CopyTo(moved);
            (bytes, start, end) = (moved, 0, held);
        }

        return bytes.AsMemory(end);
    }

    /// <summary>Where bytes go that nobody will look at.</summary>
    public Memory<byte> Farewell() => bytes;

    public void Received(int count) => end += count;

    /// <summary>Looks for the next command. When there is one it stays the next until <see cref="Skip"/>.</summary>
    /// <param name="limits">What it may be.</param>
    /// <param name="isRead">Whether it was read now, and others with it, and not when one before it was.</param>
    public ParseOutcome Next(in CommandLimits limits, out bool isRead)
    {
        if (!limits.IsAuthenticated)
        {
            // The client may have become a stranger since it was read ahead.
            Forget();
        }

        isRead = Ahead == 0;
        if (!isRead)
        {
            return ParseOutcome.Complete;
        }

        var outcome = parsers[0].Parse(bytes.AsSpan(start, end - start), limits);
        if (outcome == ParseOutcome.Complete)
        {
            Ahead = 1;
            if (limits.IsAuthenticated)
            {
                ReadAhead(limits);
            }
        }

        return outcome;
    }

    /// <summary>Goes on behind the command, or so many.</summary>
    public void Skip(int count = 1)
    {
        for (; count > 0; count--)
        {
            start += parsers[Turn].Consumed;
            parsers[Turn].Reset();
            Turn = --Ahead == 0 ? 0 : Turn + 1;
        }
    }

    private void Forget()
    {
        for (; Ahead > 0; Ahead--)
        {
            parsers[Turn++].Reset();
        }

        Turn = 0;
    }

    private void ReadAhead(in CommandLimits limits)
    {
        for (var at = start + parsers[0].Consumed; at < end && Ahead < MaxAhead; at += parsers[Ahead++].Consumed)
        {
            if (Ahead == parsers.Count)
            {
                parsers.Add(new CommandParser());
            }

            if (parsers[Ahead].Parse(bytes.AsSpan(at, end - at), limits) != ParseOutcome.Complete)
            {
                parsers[Ahead].Reset();
                return;
            }

            offsets[Ahead] = at - start;
        }
    }
}
