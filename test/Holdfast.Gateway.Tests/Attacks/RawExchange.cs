using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests.Attacks;

/// <summary>Bytes sent as they are.</summary>
internal static class RawExchange
{
    public const string Closed = "closed";
    public const string Waits = "waits";

    /// <summary>The status of the first answer, or that the connection was closed without one.</summary>
    public static Task<string> StatusAsync(Uri server, string request) => StatusAsync(server, request, TimeSpan.FromSeconds(60));

    /// <summary>The same, or that the server waits for more.</summary>
    public static async Task<string> StatusAsync(Uri server, string request, TimeSpan patience)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await StatusAsync(reader, patience);
    }

    /// <summary>All that comes until the server closes the connection.</summary>
    public static async Task<string> AllAsync(Uri server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static async Task<string> StatusAsync(StreamReader reader, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            var line = await reader.ReadLineAsync(deadline.Token);
            return line is { Length: > 12 } && line.StartsWith("HTTP/1.", StringComparison.Ordinal) ? line.Substring(9, 3) : line ?? Closed;
        }
        catch (IOException)
        {
            return Closed;
        }
        catch (OperationCanceledException)
        {
            return Waits;
        }
    }
}
