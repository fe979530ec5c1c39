using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Gateway.Instances;

/// <summary>
/// What an instance says while a request's body is on its way to it. The HTTP client reads no answer before it has sent the whole body, which an instance that
/// has answered need not take, and a client need not send. So the connection listens meanwhile, keeps what is said, and gives it to the HTTP client when
/// the body is over. That it is at once when the answer is whole and asks for no more: nobody waits for what is left then. The connection is given up, as the
/// instance would take what comes next for the rest.
/// </summary>
/// <remarks>
/// A body and its connection do not know each other: the HTTP client is in between. But it writes a body to its connection within the body's own flow,
/// along which this goes.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "What tells of the body's end has neither a timer nor a handle.")]
internal sealed class EarlyAnswer
{
    /// <summary>What is kept at most. A longer answer is read when the body is over, as are those that come in time.</summary>
    public const int MaxBytes = 64 << 10;

    private const int LeastRoomBytes = 4 << 10;
    private static readonly AsyncLocal<EarlyAnswer?> OfBody = new();

    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource bodyEnd = new();
    private ArrayBufferWriter<byte> said = new();
    private int fieldsAt;
    private int taken;

    private EarlyAnswer()
    {
    }

    /// <summary>The one to the body in whose flow this is called; null when it is in none's.</summary>
    public static EarlyAnswer? Current => OfBody.Value;

    /// <summary>Completes when the answer is whole and wants no more, or the connection has ended.</summary>
    public Task Over => over.Task;

    /// <summary>Whether the answer is whole and wants no more, or the connection has ended.</summary>
    public bool IsOver => over.Task.IsCompleted;

    /// <summary>Whether the HTTP client has not taken all of it.</summary>
    public bool HasMore => taken < said.WrittenCount;

    /// <summary>Whether more is listened to.</summary>
    public bool IsHeard => !IsOver && !bodyEnd.IsCancellationRequested && said.WrittenCount < MaxBytes;

    /// <summary>Where the next of it goes.</summary>
    public Memory<byte> Room => said.GetMemory(LeastRoomBytes);

    /// <summary>Cancelled when the body is over.</summary>
    public CancellationToken BodyEnd => bodyEnd.Token;

    /// <summary>Has connections to which the caller writes from now on listen.</summary>
    public static EarlyAnswer Begin() => OfBody.Value = new EarlyAnswer();

    /// <summary>The body is over.</summary>
    public void End() => bodyEnd.Cancel();

    /// <summary>Copies what came elsewhere into <see cref="Room"/>, and tells how much that is.</summary>
    public int Keep(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(said.GetSpan(Math.Max(bytes.Length, 1)));
        return bytes.Length;
    }

    /// <summary>Takes note of what was said. Returns whether that was the last of it.</summary>
    /// <param name="bytes">How much has come into <see cref="Room"/>; none is the connection's end.</param>
    public bool Hear(int bytes)
    {
        said.Advance(bytes);
        var isWhole = WholeAnswer.Is(said.WrittenSpan, out var at, out var wantsNoMore);
        fieldsAt = isWhole ? at : 0;
        return (isWhole && wantsNoMore) || bytes == 0;
    }

    /// <summary>The connection was given up. The HTTP client reads so in the answer, or it would give the connection to another request.</summary>
    public void Finish()
    {
        if (fieldsAt > 0)
        {
            var whole = new ArrayBufferWriter<byte>();
            whole.Write(said.WrittenSpan[..fieldsAt]);
            whole.Write("Connection: close\r\n"u8);
            whole.Write(said.WrittenSpan[fieldsAt..]);
            said = whole;
        }

        over.TrySetResult();
    }

    /// <summary>Gives the next of it to the HTTP client.</summary>
    public int Take(Span<byte> buffer)
    {
        var part = said.WrittenSpan.Slice(taken, Math.Min(buffer.Length, said.WrittenCount - taken));
        part.CopyTo(buffer);
        taken += part.Length;
        return part.Length;
    }
}
