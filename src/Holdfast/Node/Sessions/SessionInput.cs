namespace Holdfast.Node;

/// <summary>
/// What a connection has sent and was not taken yet. The unfinished command is kept whole, in memory that grows as its
/// bytes arrive, never as it announces them.
/// </summary>
internal sealed class SessionInput
{
    private const int IdleBytes = 4 << 10;
    private const int LargeBytes = 64 << 10;

    private readonly CommandParser parser = new();
    private byte[] bytes = new byte[IdleBytes];
    private int start;
    private int end;

    public string? Problem => parser.Problem;

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

    /// <summary>Looks at the next command. When there is one it stays the next until <see cref="Skip"/>.</summary>
    public ParseOutcome Next(in CommandLimits limits, out Command command)
    {
        var outcome = parser.Parse(bytes.AsSpan(start, end - start), limits);
        command = outcome == ParseOutcome.Complete ? new Command(bytes, start, parser.Ranges, parser.Count) : default;
        return outcome;
    }

    /// <summary>Goes on behind the command.</summary>
    public void Skip()
    {
        start += parser.Consumed;
        parser.Reset();
    }
}
