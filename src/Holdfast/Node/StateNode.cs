using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using Holdfast.Node;

namespace Holdfast;

/// <summary>
/// Serves an embedded engine to other processes over RESP2 and RESP3 (docs/node.md, docs/wire.md), on a Unix socket, a
/// port or both. The Redis engine is its client; redis-cli and other Redis clients can look at it.
/// </summary>
public sealed class StateNode : IAsyncDisposable
{
    /// <summary>How long disposing waits for the replies of commits under way.</summary>
    internal static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long the node waits when it can't accept, above all for want of file descriptors.</summary>
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<long, Session> sessions = new();
    private readonly List<Socket> listeners = [];
    private readonly List<Task> accepting = [];
    private readonly CancellationTokenSource stopping = new();

    /// <summary>What serves clients without TLS; empty where the system has no epoll, and .NET serves them.</summary>
    private PollLoop[] loops = [];

    private IdleSweep? idleSweep;
    private long lastSessionId;
    private NodeMeter? meter;

    private StateNode(EmbeddedEngine engine, StateNodeOptions options)
    {
        Engine = engine;
        Options = options;
        Keys = new WireKeys(engine.Partitions);
        Password = new NodePassword(options.Password);
        StartedAt = Clock.GetTimestamp();
        Encryption = options.Certificate is not { } certificate ? null : new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
    }

    /// <summary>The address and port that the node listens on; null if it listens on none.</summary>
    public IPEndPoint? EndPoint { get; private set; }

    /// <summary>The Unix socket that the node listens on; null if it listens on none.</summary>
    public string? UnixSocketPath => Options.UnixSocketPath;

    /// <summary>Whether clients of <see cref="EndPoint"/> speak TLS.</summary>
    public bool IsEncrypted => Encryption is not null;

    /// <summary>How many clients are connected.</summary>
    public int ConnectedClients => sessions.Count;

    internal static string Version { get; } =
        typeof(StateNode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    internal EmbeddedEngine Engine { get; }

    internal StateNodeOptions Options { get; }

    internal TimeProvider Clock => Engine.Options.Clock;

    internal long StartedAt { get; }

    internal WireKeys Keys { get; }

    internal NodePassword Password { get; }

    /// <summary>How the port's connections are encrypted, if they are.</summary>
    internal SslServerAuthenticationOptions? Encryption { get; }

    internal TrackingTable Tracking { get; } = new();

    internal ChannelTable Channels { get; } = new();

    internal IEnumerable<Session> Sessions => sessions.Values;

    /// <summary>What the node has counted since it started.</summary>
    internal NodeFigures Figures { get; } = new();

    internal long Connections => Interlocked.Read(ref lastSessionId);

    /// <summary>Starts to listen. The engine stays the caller's: dispose of the node first.</summary>
    /// <param name="engine">The engine to serve.</param>
    /// <param name="options">Where to listen, and the bounds.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ArgumentException">The options don't hold together; the message names every problem.</exception>
    /// <exception cref="InvalidOperationException">Another node serves the engine.</exception>
    /// <exception cref="StateException">The socket or the port can't be listened on; the message names the remedy.</exception>
    public static ValueTask<StateNode> StartAsync(EmbeddedEngine engine, StateNodeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        options.Validate();
        var node = new StateNode(engine, options);
        if (!engine.TryObserve(node.OnChanged, node.OnSignalled, node.Tracking.HasKeys))
        {
            throw new InvalidOperationException("Another node serves this engine: give it both a socket and a port instead of a second node.");
        }

        try
        {
            node.Listen();
        }
        catch
        {
            engine.EndObserving();
            node.CloseListeners();
            throw;
        }

        return ValueTask.FromResult(node);
    }

    /// <summary>Stops listening, lets commits under way end and their replies go out (5 s at most), and disconnects all.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync().ConfigureAwait(false);
        CloseListeners();
        await idleSweep!.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(accepting).ConfigureAwait(false);
        foreach (var session in sessions.Values)
        {
            session.StopListening();
        }

        try
        {
            await Task.WhenAll(sessions.Values.Select(static session => session.Ended.Task)).WaitAsync(StopTimeout, Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Report(EngineEventLevel.Warning, "ClientsCutOff", $"{sessions.Count} clients were disconnected before they had taken all their replies.");
        }

        foreach (var session in sessions.Values)
        {
            session.Output.Cut();
        }

        foreach (var loop in loops)
        {
            loop.Dispose();
        }

        Engine.EndObserving();
        meter!.Dispose();
        stopping.Dispose();
    }

    /// <summary>Disconnects a client; false if there is none of this id.</summary>
    internal bool Kill(long id)
    {
        if (!sessions.TryGetValue(id, out var session))
        {
            return false;
        }

        session.Lanes.Stop();
        session.Output.Cut();
        return true;
    }

    internal void Report(EngineEventLevel level, string name, string message, Exception? exception = null) =>
        Engine.Options.Log(new EngineEvent(level, name, message, exception));

    /// <summary>Publishes to the clients and, if the channel is a signal's, to those who listen in this process; answers to how many.</summary>
    internal int Publish(ChannelName channel, ReadOnlySpan<byte> payload) =>
        channel.Signal is { } signal
            ? Channels.CountOf(channel) + Engine.Signal(signal, payload)
            : Channels.Publish(channel, payload);

    private void OnSignalled(string channel, ReadOnlyMemory<byte> payload) =>
        Channels.Publish(ChannelName.OfSignal(channel), payload.Span);

    /// <summary>Called by the engine under the partition's lock, at the moment at which the change becomes visible.</summary>
    private void OnChanged(int partition, Address? address, object? origin)
    {
        var commit = origin as PendingCommit;
        commit?.Settle();
        var key = new TrackedKey(partition, address.GetValueOrDefault());
        Tracking.Tell(key, commit?.Session);
        if (!key.IsHead)
        {
            commit?.Session.Tracked.Track(key);
        }
    }

    private void Listen()
    {
        if (Options.UnixSocketPath is { } path)
        {
            listeners.Add(NodeListener.OnUnixSocket(path));
        }

        if (Options.EndPoint is { } endPoint)
        {
            listeners.Add(NodeListener.OnPort(endPoint));
            EndPoint = (IPEndPoint)listeners[^1].LocalEndPoint!;
            if (!Password.IsRequired)
            {
                Report(EngineEventLevel.Warning, "NoPassword", $"{EndPoint} has no password: every process of this machine can read and write the state.");
            }

            if (Options.Certificate?.TargetCertificate is { } certificate && certificate.NotAfter < Clock.GetLocalNow().DateTime)
            {
                Report(EngineEventLevel.Warning, "CertificateExpired", $"The certificate of {EndPoint} has expired at {certificate.NotAfter:u}: clients will not accept it.");
            }
        }

        try
        {
            loops = PollLoop.StartAll(Engine.Write);
        }
        catch (IOException exception)
        {
            throw new StateException($"{exception.Message} Raise the process's limit of open files.", exception);
        }

        idleSweep = new IdleSweep(this);
        meter = new NodeMeter(this);
        foreach (var listener in listeners)
        {
            accepting.Add(AcceptAsync(listener));
        }
    }

    private void CloseListeners()
    {
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        if (listeners.Exists(static listener => listener.AddressFamily == AddressFamily.Unix))
        {
            File.Delete(Options.UnixSocketPath!);
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Admit(await listener.AcceptAsync(stopping.Token).ConfigureAwait(false));
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception exception) when (exception is SocketException or IOException && !stopping.IsCancellationRequested)
            {
                Report(EngineEventLevel.Warning, "AcceptFailed", $"A client could not be accepted: {exception.Message}.", exception);
                await Task.Delay(AcceptRetryDelay, Clock, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                return;
            }
        }
    }

    private void Admit(Socket socket)
    {
        if (sessions.Count >= Options.MaxClients)
        {
            Figures.CountRefusedClient();
            Refuse(socket);
            return;
        }

        var isLocal = socket.AddressFamily == AddressFamily.Unix;
        if (!isLocal)
        {
            socket.NoDelay = true;
        }

        var id = Interlocked.Increment(ref lastSessionId);
        var encryption = isLocal ? null : Encryption;
        var wire = encryption is null && loops.Length > 0 ? loops[id % loops.Length].Admit(socket) : (ClientWire)new StreamWire(socket, encryption);
        var session = new Session(this, wire, id, isLocal || !Password.IsRequired);
        sessions[session.Id] = session;
        _ = ServeAsync(session, wire);
    }

    private async Task ServeAsync(Session session, ClientWire wire)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await new SessionLoop(session, wire).RunAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            session.Fail(exception);
        }
        finally
        {
            sessions.TryRemove(session.Id, out _);
            session.Ended.TrySetResult();
        }
    }

    private static void Refuse(Socket socket)
    {
        try
        {
            socket.Send("-ERR max number of clients reached\r\n"u8);
        }
        catch (SocketException)
        {
            // It has left already.
        }

        socket.Dispose();
    }
}
