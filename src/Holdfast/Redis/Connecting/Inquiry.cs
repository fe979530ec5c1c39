using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// A connection for questions alone: to a sentinel, or to a server of which it is not known yet what it is. Its calls
/// are not repeated; whoever asks does that.
/// </summary>
internal sealed class Inquiry : ConnectionOwner, IAsyncDisposable
{
    private readonly RedisConnection connection;
    private readonly RedisAddress address;

    private Inquiry(Stream stream, RedisAddress address, TimeProvider clock)
    {
        this.address = address;
        connection = new RedisConnection(stream, this, clock);
        Dialogue = new Dialogue(connection, address);
    }

    public Dialogue Dialogue { get; }

    /// <summary>What the server said of itself.</summary>
    public IReadOnlyDictionary<string, string> Hello { get; private set; } = new Dictionary<string, string>();

    /// <summary>Gets the payload of each message on a channel that was subscribed to. On the connection's reader.</summary>
    public Action<string> OnMessage { get; set; } = static _ => { };

    /// <summary>Connects, and says hello.</summary>
    /// <exception cref="StateException">There is no such connection to be had, and why.</exception>
    public static async Task<Inquiry> OpenAsync(RedisAddress address, TimeProvider clock, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Inquiry? inquiry = null;
        using var limit = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            inquiry = new Inquiry(await Dialer.ConnectAsync(address, either.Token).ConfigureAwait(false), address, clock);
            inquiry.connection.Start();
            inquiry.Hello = await inquiry.Dialogue.HelloAsync().WaitAsync(either.Token).ConfigureAwait(false);
            return inquiry;
        }
        catch (Exception error)
        {
            var end = inquiry is null ? null : await inquiry.connection.EndAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw DialFault.Of(error, end, address, timeout);
        }
    }

    public async ValueTask DisposeAsync() => await connection.EndAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public override void OnReply(RedisConnection connection, StoreCall call, RespReader reader)
    {
        var ahead = reader;
        ahead.Read();
        if (!ahead.IsError)
        {
            call.Read(ref reader, connection.Server);
        }
        else if (ErrorReply.From(ahead.Text) is var error && !call.TryTakeError(error))
        {
            call.Fail(error.ToException());
        }
    }

    /// <inheritdoc/>
    public override void OnPush(RedisConnection connection, ref RespReader reader)
    {
        if (reader.ReadText().SequenceEqual("message"u8))
        {
            reader.Read();
            OnMessage(reader.ReadString());
        }
    }

    /// <inheritdoc/>
    public override void OnLost(RedisConnection connection, IReadOnlyList<StoreCall> unanswered)
    {
        foreach (var call in unanswered)
        {
            call.Fail(new StateUnavailableException($"The connection to {address} was lost."));
        }
    }
}
