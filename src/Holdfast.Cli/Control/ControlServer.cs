using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;

namespace Holdfast.Cli.Control;

/// <summary>Takes commands on a Unix socket that only this user can reach: a line of JSON each, answered by a line, after notes if it takes long.</summary>
internal sealed class ControlServer : IDisposable
{
    /// <summary>Longest request, in characters.</summary>
    public const int MaxRequestLength = 4096;

    /// <summary>How long no connection is taken after one could not be: handles are short, say, and come back when something ends.</summary>
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource stopping = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly ControlHandler handle;

    private ControlServer(ControlHandler handle) => this.handle = handle;

    [UnsupportedOSPlatform("windows")]
    public static ControlServer Start(string socketPath, ControlHandler handle, TimeProvider clock)
    {
        var server = new ControlServer(handle);
        server.listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        File.SetUnixFileMode(socketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        server.listener.Listen();
        _ = AcceptAsync(server.listener.AcceptAsync, socket => _ = server.AnswerAsync(socket), clock, server.stopping.Token);
        return server;
    }

    public void Dispose()
    {
        stopping.Cancel();
        listener.Dispose();
        stopping.Dispose();
    }

    /// <summary>Takes connections until it is stopped, whatever becomes of a single one.</summary>
    public static async Task AcceptAsync(
        Func<CancellationToken, ValueTask<Socket>> accept, Action<Socket> take, TimeProvider clock, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                take(await accept(stopping));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(AcceptRetryDelay, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var gone = new CancellationTokenSource();
        var leaving = Task.CompletedTask;
        try
        {
            var request = await ReadAsync(stream);
            leaving = NoticeEndAsync(socket, gone);
            var answer = request is null
                ? new ControlAnswer("the supervisor does not understand this request: use the same version of holdfast for both")
                : await handle(request, note => TellAsync(stream, note), gone.Token);
            await WriteAsync(stream, answer);
        }
        catch (IOException)
        {
            // Whoever asked is gone; what was asked is done all the same.
        }
        finally
        {
            socket.Dispose();
            await leaving;
        }
    }

    /// <summary>Waits until the other side ends the connection, or this one does.</summary>
    private static async Task NoticeEndAsync(Socket socket, CancellationTokenSource gone)
    {
        try
        {
            var rest = new byte[1];
            while (await socket.ReceiveAsync(rest) > 0)
            {
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // So it has ended.
        }

        await gone.CancelAsync();
    }

    private static async Task TellAsync(Stream stream, string note)
    {
        try
        {
            await WriteAsync(stream, new ControlAnswer { Note = note });
        }
        catch (IOException)
        {
            // Whoever asked is gone; the work goes on.
        }
    }

    private static async Task WriteAsync(Stream stream, ControlAnswer answer) =>
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(answer, ControlJson.Default.ControlAnswer), (byte)'\n']);

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
