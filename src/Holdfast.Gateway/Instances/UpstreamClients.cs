using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Instances;

/// <summary>The connections to instances: one pool for requests, and for health checks a new connection each.</summary>
internal sealed class UpstreamClients : IDisposable
{
    public HttpMessageInvoker Requests { get; } = new(NewHandler(connectionLifetime: Timeout.InfiniteTimeSpan));

    /// <summary>No connection is used twice, so that a check also tells whether the instance accepts connections.</summary>
    public HttpMessageInvoker HealthChecks { get; } = new(NewHandler(connectionLifetime: TimeSpan.Zero));

    /// <summary>
    /// Whether no byte of the request can have reached an instance, because no connection came about. The connect
    /// callback is the only source of these errors; what breaks later has another.
    /// </summary>
    public static bool WasNeverSent(Exception? fault) => fault is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    public void Dispose()
    {
        Requests.Dispose();
        HealthChecks.Dispose();
    }

    private static SocketsHttpHandler NewHandler(TimeSpan connectionLifetime) => new()
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
        ConnectCallback = ConnectAsync,
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(GatewayLimits.ConnectTimeout);
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, timeout.Token);

            // The client asks for it too, and its failure is no HttpRequestException there: of an instance that dies right now the system knows it no more.
            _ = socket.RemoteEndPoint;
            return new UpstreamStream(socket);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"No connection within {GatewayLimits.ConnectTimeout.TotalSeconds} s");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
