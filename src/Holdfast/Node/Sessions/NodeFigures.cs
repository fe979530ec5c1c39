namespace Holdfast.Node;

/// <summary>What a node has counted since it started. Connections add to it once for each batch of commands.</summary>
internal sealed class NodeFigures
{
    private readonly long[] calls = new long[CommandTable.All.Count];
    private long commands;
    private long receivedBytes;
    private long sentBytes;
    private long hits;
    private long misses;
    private long refusedClients;
    private long slowClients;

    /// <summary>Commands that were taken, unknown ones included.</summary>
    public long Commands => Interlocked.Read(ref commands);

    public long ReceivedBytes => Interlocked.Read(ref receivedBytes);

    public long SentBytes => Interlocked.Read(ref sentBytes);

    /// <summary>Keys that commands which read have found.</summary>
    public long Hits => Interlocked.Read(ref hits);

    /// <summary>Keys that they have not.</summary>
    public long Misses => Interlocked.Read(ref misses);

    /// <summary>Clients that were one too many.</summary>
    public long RefusedClients => Interlocked.Read(ref refusedClients);

    /// <summary>Clients that were disconnected because they did not take their replies.</summary>
    public long SlowClients => Interlocked.Read(ref slowClients);

    /// <summary>How often a command was called, by its place in <see cref="CommandTable.All"/>.</summary>
    public long CallsOf(int place) => Interlocked.Read(ref calls[place]);

    public void CountCalls(int place, int count) => Interlocked.Add(ref calls[place], count);

    public void CountBatch(long takenCommands, long bytes)
    {
        Interlocked.Add(ref commands, takenCommands);
        Interlocked.Add(ref receivedBytes, bytes);
    }

    public void CountSent(long bytes) => Interlocked.Add(ref sentBytes, bytes);

    public void CountLookUps(int found, int absent)
    {
        if (found > 0)
        {
            Interlocked.Add(ref hits, found);
        }

        if (absent > 0)
        {
            Interlocked.Add(ref misses, absent);
        }
    }

    public void CountRefusedClient() => Interlocked.Increment(ref refusedClients);

    public void CountSlowClient() => Interlocked.Increment(ref slowClients);
}
