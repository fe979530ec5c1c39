using System.IO.Pipelines;

namespace Holdfast.Gateway.Sockets;

/// <summary>What the server reads of a client. It knows whether something of a request was read that has not been answered: the server consumes a request line by line, and waits for the rest with nothing in hand.</summary>
internal sealed class ClientInput(PipeReader reader) : PipeReader
{
    private volatile bool hasBegun;

    /// <summary>Whether something was read since this was last set to false.</summary>
    public bool HasBegun
    {
        get => hasBegun;
        set => hasBegun = value;
    }

    public override bool TryRead(out ReadResult result) => reader.TryRead(out result);

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => reader.ReadAsync(cancellationToken);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        hasBegun = true;
        reader.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => reader.Complete(exception);
}
