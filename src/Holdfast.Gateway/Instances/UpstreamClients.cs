using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Instances;

/// <summary>The connections to instances: a pool for the requests of each loop, whose connections the loop hears, and for health checks a new connection each.</summary>
internal sealed class UpstreamClients : IDisposable
{
    /// <summary>So many connections that rest are closed when there are no files for one to an instance.</summary>
    private const int Spared = 64;

    private readonly SocketLoops loops;
    private readonly RestingClients resting;
    private readonly Dictionary<SocketLoop, HttpMessageInvoker> ofLoops;
    private readonly HttpMessageInvoker? ofNone;

    public UpstreamClients(SocketLoops loops, RestingClients resting)
    {
        (this.loops, this.resting) = (loops, resting);
        HealthChecks = new(NewHandler(connectionLifetime: TimeSpan.Zero, loop: null));
        ofLoops = loops.All.ToDictionary(static loop => loop, loop => new HttpMessageInvoker(NewHandler(Timeout.InfiniteTimeSpan, loop)));
        ofNone = loops.All.Count > 0 ? null : new(NewHandler(Timeout.InfiniteTimeSpan, loop: null));
    }

    /// <summary>For a request that goes out now: what is heard of it is heard by the thread that it is on.</summary>
    public HttpMessageInvoker Requests => ofNone ?? (SocketLoop.Current is { } loop && ofLoops.TryGetValue(loop, out var own) ? own : ofLoops[loops.Next()]);

    /// <summary>No connection is used twice, so that a check also tells whether the instance accepts connections.</summary>
    public HttpMessageInvoker HealthChecks { get; }

    /// <summary>
    /// Whether no byte of the request can have reached an instance, because no connection came about. The connect
    /// callback is the only source of these errors; what breaks later has another.
    /// </summary>
    public static bool WasNeverSent(Exception? fault) => fault is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    /// <summary>Whether that was because of a limit of the gateway's own (<see cref="OwnLimitException"/>), which tells nothing of the instance.</summary>
    public static bool IsOwnLimit(Exception? fault) => WasNeverSent(fault) && fault is { InnerException: OwnLimitException };

    public void Dispose()
    {
        ofNone?.Dispose();
        foreach (var client in ofLoops.Values)
        {
            client.Dispose();
        }

        HealthChecks.Dispose();
    }

    private SocketsHttpHandler NewHandler(TimeSpan connectionLifetime, SocketLoop? loop) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = connectionLifetime,
        PooledConnectionIdleTimeout = GatewayLimits.IdleConnectionTimeout,
        EnableMultipleHttp2Connections = true,

        // Values beyond ASCII, in whatever encoding, pass as the bytes that they are.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

        // The gateway writes the trace's fields itself.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellationToken) => OpenAsync(context.DnsEndPoint, loop, cancellationToken),
    };

    private async ValueTask<Stream> OpenAsync(DnsEndPoint instance, SocketLoop? loop, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(GatewayLimits.ConnectTimeout);
        try
        {
            return new UpstreamStream(await ConnectOrSpareAsync(instance, loop, timeout.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection within {GatewayLimits.ConnectTimeout.TotalSeconds} s");
        }
    }

    /// <summary>Connects. Where there are no files, clients that rest give theirs.</summary>
    private async ValueTask<Stream> ConnectOrSpareAsync(DnsEndPoint instance, SocketLoop? loop, CancellationToken cancellationToken)
    {
        if (!ProcessFiles.HasRoom && resting.CloseOldest(Spared) == 0)
        {
            throw new OwnLimitException("The process may open no more files.");
        }

        try
        {
            return await ConnectAsync(instance, loop, cancellationToken);
        }
        catch (Exception fault) when (OwnLimitException.Is(fault))
        {
            throw new OwnLimitException(fault.Message, fault);
        }
    }

    private static ValueTask<Stream> ConnectAsync(DnsEndPoint instance, SocketLoop? loop, CancellationToken cancellationToken) =>
        loop is null ? ConnectAsync(instance, cancellationToken) : ConnectPolledAsync(instance, loop, cancellationToken);

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint instance, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(instance, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects without .NET's own loop, which would go on hearing the socket, to each address of the instance until one answers.</summary>
    private static async ValueTask<Stream> ConnectPolledAsync(DnsEndPoint instance, SocketLoop loop, CancellationToken cancellationToken)
    {
        Exception? fault = null;
        foreach (var address in await Dns.GetHostAddressesAsync(instance.Host, cancellationToken))
        {
            PolledSocket? polled = null;
            try
            {
                // The HTTP client looks whether a connection that it takes up again has ended, or has something that it has not asked for: it would be another request's answer.
                polled = new PolledSocket(loop, Begin(new IPEndPoint(address, instance.Port)), takesTurns: false);
                await polled.FinishConnectingAsync(cancellationToken);
                return new PolledStream(polled);
            }
            catch (Exception failed)
            {
                polled?.Dispose();
                if (failed is not (SocketException or IOException))
                {
                    throw;
                }

                fault = failed;
            }
        }

        throw fault ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>A socket that is just being connected.</summary>
    private static Socket Begin(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        try
        {
            socket.Connect(address);
        }
        catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // The kernel goes on with it.
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return socket;
    }
}
