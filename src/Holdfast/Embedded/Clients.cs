namespace Holdfast.Embedded;

/// <summary>The clients whose last commits a partition remembers, to know a repetition. Guarded by the partition's lock.</summary>
internal sealed class Clients(RequestMemory memory)
{
    /// <summary>How long a client is remembered after its last commit.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private const int OverheadBytes = 160;

    private readonly Dictionary<string, ClientCommits> clients = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, ClientCommits>> All => clients;

    public ClientCommits? Find(string client) => clients.GetValueOrDefault(client);

    /// <summary>What remembering the client's commit of this number takes beyond what the client takes already.</summary>
    public long BytesFor(string client, long sequence)
    {
        var places = ClientCommits.PlacesFor(sequence);
        return clients.TryGetValue(client, out var commits)
            ? Math.Max(0, places - commits.All.Length) * ClientCommits.PlaceBytes
            : BytesOf(client, places);
    }

    /// <summary>The client's commits; the caller has reserved the memory.</summary>
    public ClientCommits FindOrAdd(string client)
    {
        if (!clients.TryGetValue(client, out var commits))
        {
            clients.Add(client, commits = new ClientCommits());
        }

        return commits;
    }

    /// <summary>Forgets clients that made no commit since the timestamp.</summary>
    public void ForgetUnusedSince(long timestamp)
    {
        foreach (var (client, commits) in clients)
        {
            if (commits.LastUse < timestamp)
            {
                clients.Remove(client);
                memory.Release(BytesOf(client, commits.All.Length));
            }
        }
    }

    private static long BytesOf(string client, int places) => OverheadBytes + (2 * client.Length) + (places * ClientCommits.PlaceBytes);
}
