using System.Net;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

/// <summary>A node in this process, on a Unix socket and a port with a password, over an engine in a folder of its own.</summary>
public sealed class NodeHost : IAsyncLifetime
{
    public const string Password = "wave-9";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-node-").FullName;

    private readonly List<EngineEvent> events = [];

    public StateNodeOptions Options { get; init; } = new();

    /// <summary>Where the engine's folder lies; a folder of the host's own for null.</summary>
    public string? DataFolder { get; init; }

    public StateEngineOptions EngineOptions { get; init; } = PatientOptions.Default;

    public EmbeddedEngine Engine { get; private set; } = null!;

    public StateNode Node { get; private set; } = null!;

    public string SocketPath => Path.Combine(folder, "node.sock");

    public string RunId => Engine.RunId;

    /// <summary>What the engine has told so far.</summary>
    public IReadOnlyList<EngineEvent> Events
    {
        get
        {
            lock (events)
            {
                return [.. events];
            }
        }
    }

    public async ValueTask InitializeAsync()
    {
        Engine = await EmbeddedEngine.OpenAsync(DataFolder ?? Path.Combine(folder, "data"), EngineOptions with { PartitionCount = 16, Log = Note });
        Node = await StateNode.StartAsync(
            Engine, Options with { UnixSocketPath = SocketPath, EndPoint = new IPEndPoint(IPAddress.Loopback, 0), Password = Password });
    }

    internal RawClient Connect() => RawClient.OnSocket(SocketPath);

    /// <summary>A client that speaks RESP3 and is told of changes.</summary>
    internal RawClient ConnectTracking()
    {
        var client = Connect();
        client.Ask("HELLO", "3");
        Assert.Equal("OK", client.Ask("CLIENT", "TRACKING", "ON", "NOLOOP"));
        return client;
    }

    /// <summary>Waits until so many clients are connected.</summary>
    internal async Task SeeClientsAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (Node.ConnectedClients != count)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>The key of the record.</summary>
    public string Key(string address) => $"hf:{{{Engine.Partitions.TagOf(Engine.Partitions.PartitionOf(Address.Parse(address)))}}}:{address}";

    public string HeadKey(string address) => Key(address)[..(Key(address).IndexOf("}:", StringComparison.Ordinal) + 2)] + "@head";

    /// <summary>hf1_commit that sets fields of one record.</summary>
    public string[] Set(string address, params string[] namesAndValues)
    {
        var head = HeadKey(address);
        return
        [
            "FCALL", "hf1_commit", "4", head, head.Replace("@head", "@journal"), head.Replace("@head", "@client:test"), Key(address),
            RunId, "s", "0", "U=" + new string('S', namesAndValues.Length / 2), .. namesAndValues,
        ];
    }

    public string[] Read(string address) => ["FCALL_RO", "hf1_read", "2", HeadKey(address), Key(address)];

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private void Note(EngineEvent item)
    {
        lock (events)
        {
            events.Add(item);
        }
    }
}
