using System.Net;
using System.Net.Sockets;

namespace Holdfast.Tests.Redis;

/// <summary>
/// A way to a server on which names are others, such as those of the function library as clients load and call it. They are as long as
/// those that they replace, so nothing else changes.
/// </summary>
internal sealed class RenamingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource disposed = new();
    private readonly int port;
    private readonly (byte[] Old, byte[] New)[] names;
    private readonly bool isOfReplies;
    private readonly Task accepting;

    /// <param name="port">The server's.</param>
    /// <param name="names">What is replaced in what clients say.</param>
    public RenamingProxy(int port, params (byte[] Old, byte[] New)[] names)
        : this(port, isOfReplies: false, names)
    {
    }

    /// <param name="port">The server's.</param>
    /// <param name="isOfReplies">Whether it is replaced in what the server says, and not in what clients say.</param>
    /// <param name="names">What is replaced.</param>
    public RenamingProxy(int port, bool isOfReplies, params (byte[] Old, byte[] New)[] names)
    {
        (this.port, this.isOfReplies, this.names) = (port, isOfReplies, names);
        listener.Start();
        accepting = AcceptAsync();
    }

    public string ConnectionString => $"redis://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        listener.Stop();
        await accepting;
        disposed.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(disposed.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, port, disposed.Token);
                var (calls, replies) = (client.GetStream(), server.GetStream());
                await await (isOfReplies
                    ? Task.WhenAny(calls.CopyToAsync(replies, disposed.Token), RenameAsync(replies, calls))
                    : Task.WhenAny(RenameAsync(calls, replies), replies.CopyToAsync(calls, disposed.Token)));
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or SocketException)
            {
                // One side has gone, and the other goes with it.
            }
        }
    }

    private async Task RenameAsync(NetworkStream from, NetworkStream to)
    {
        var (buffer, kept) = (new byte[1 << 16], 0);
        while (await from.ReadAsync(buffer.AsMemory(kept), disposed.Token) is > 0 and var count)
        {
            var length = kept + count;
            foreach (var (old, replacement) in names)
            {
                Replace(buffer.AsSpan(0, length), old, replacement);
            }

            // A name may have been cut; the rest of it follows, as calls and replies end with the end of a line.
            kept = names.Max(name => Beginning(buffer.AsSpan(0, length), name.Old));
            await to.WriteAsync(buffer.AsMemory(0, length - kept), disposed.Token);
            buffer.AsSpan(length - kept, kept).CopyTo(buffer);
        }
    }

    private static void Replace(Span<byte> text, byte[] old, byte[] replacement)
    {
        for (int at; (at = text.IndexOf(old)) >= 0; text = text[(at + old.Length)..])
        {
            replacement.CopyTo(text[at..]);
        }
    }

    // How many bytes at the end are a name's beginning.
    private static int Beginning(ReadOnlySpan<byte> text, byte[] name)
    {
        var length = Math.Min(name.Length - 1, text.Length);
        while (!text.EndsWith(name.AsSpan(0, length)))
        {
            length--;
        }

        return length;
    }
}
