using System.IO.Pipelines;

namespace Holdfast.AspNetCore.Requests;

/// <summary>The response's body as a pipe, through the gate. A pipe's flush means "send this", so it makes the commit.</summary>
internal sealed class GatedWriter(ResponseGate gate) : PipeWriter
{
    public override bool CanGetUnflushedBytes => gate.Body.Writer.CanGetUnflushedBytes;

    public override long UnflushedBytes => gate.IsOpen ? gate.Body.Writer.UnflushedBytes : gate.Buffer.Length;

    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        gate.IsOpen ? gate.Body.Writer.GetMemory(sizeHint) : gate.Buffer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) =>
        gate.IsOpen ? gate.Body.Writer.GetSpan(sizeHint) : gate.Buffer.GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (gate.IsOpen)
        {
            gate.Body.Writer.Advance(bytes);
        }
        else
        {
            gate.ThrowIfTooLong(bytes);
            gate.Buffer.Advance(bytes);
            gate.DropAfterFailure();
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        gate.IsOpen ? gate.Body.Writer.FlushAsync(cancellationToken) : OpenAndFlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (gate.IsOpen)
        {
            return gate.Body.Writer.WriteAsync(source, cancellationToken);
        }

        gate.ThrowIfTooLong(source.Length);
        gate.Buffer.Append(source.Span);
        gate.DropAfterFailure();
        return OpenAndFlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        if (gate.IsOpen)
        {
            gate.Body.Writer.CancelPendingFlush();
        }
    }

    public override void Complete(Exception? exception = null)
    {
        if (gate.IsOpen)
        {
            gate.Body.Writer.Complete(exception);
        }
        else
        {
            gate.CompleteWriter();
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (!gate.IsOpen && gate.IsHeld)
        {
            gate.CompleteWriter();
            return;
        }

        await gate.OpenAsync();
        await gate.Body.Writer.CompleteAsync(exception);
    }

    private async ValueTask<FlushResult> OpenAndFlushAsync(CancellationToken cancellationToken)
    {
        if (gate.IsHeld)
        {
            return default;
        }

        await gate.OpenAsync();
        return await gate.Body.Writer.FlushAsync(cancellationToken);
    }
}
