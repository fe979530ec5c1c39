using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;

namespace Holdfast.Cli.Control;

/// <summary>Takes commands on a Unix socket that only this user can reach: a line of JSON each, answered by a line.</summary>
internal sealed class ControlServer : IDisposable
{
    /// <summary>Longest request, in characters.</summary>
    public const int MaxRequestLength = 4096;

    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<ControlRequest, Task<ControlAnswer>> handle;

    private ControlServer(Func<ControlRequest, Task<ControlAnswer>> handle) => this.handle = handle;

    [UnsupportedOSPlatform("windows")]
    public static ControlServer Start(string socketPath, Func<ControlRequest, Task<ControlAnswer>> handle)
    {
        var server = new ControlServer(handle);
        server.listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        File.SetUnixFileMode(socketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        server.listener.Listen();
        _ = server.AcceptAsync();
        return server;
    }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var request = await ReadAsync(stream);
            var answer = request is null
                ? new ControlAnswer("the supervisor does not understand this request: use the same version of holdfast for both")
                : await handle(request);
            await JsonSerializer.SerializeAsync(stream, answer, ControlJson.Default.ControlAnswer);
            await stream.WriteAsync("\n"u8.ToArray());
        }
        catch (IOException)
        {
            // Whoever asked is gone; what was asked is done all the same.
        }
    }

    private static async Task<ControlRequest?> ReadAsync(Stream stream)
    {
        var buffer = new byte[MaxRequestLength];
        var length = 0;
        while (length < buffer.Length && await stream.ReadAsync(buffer.AsMemory(length)) is var read and > 0)
        {
            length += read;
            if (buffer.AsSpan(0, length).IndexOf((byte)'\n') is var end and >= 0)
            {
                try
                {
                    return JsonSerializer.Deserialize(buffer.AsSpan(0, end), ControlJson.Default.ControlRequest);
                }
                catch (JsonException)
                {
                    return null;
                }
            }
        }

        return null;
    }
}
