namespace Holdfast.Gateway.Repeating;

/// <summary>
/// A request's body as it comes from the client, of which what was read is kept, so that it can be read again from the
/// beginning: in memory up to <see cref="GatewayLimits.MaxReplayMemoryBytes"/>, beyond that in a file without a name, and
/// beyond <see cref="GatewayLimits.MaxReplayBytes"/> not at all. Nothing is read ahead of the reader.
/// </summary>
internal sealed class ReplayableBody(Stream client) : BodyStream
{
    private Stream kept = new MemoryStream();
    private bool isComplete = true;

    /// <summary>Whether everything that was read so far is kept.</summary>
    public bool CanReplay => isComplete;

    /// <summary>The next read begins at the beginning.</summary>
    public void Rewind()
    {
        if (!isComplete)
        {
            throw new InvalidOperationException("The body is longer than what is kept of it.");
        }

        kept.Position = 0;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (kept.Position < kept.Length)
        {
            return await kept.ReadAsync(buffer, cancellationToken);
        }

        var read = await client.ReadAsync(buffer, cancellationToken);
        if (isComplete && read > 0)
        {
            // What was read is kept in any case, also when the sending ends just now: nobody can read it a second time.
            await KeepAsync(buffer[..read]);
        }

        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        if (kept is SpillFile)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        await kept.DisposeAsync();
        await base.DisposeAsync();
    }

    private async ValueTask KeepAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (kept.Length + bytes.Length > GatewayLimits.MaxReplayBytes)
            {
                await ForgetAsync();
                return;
            }

            if (kept is MemoryStream memory && memory.Length + bytes.Length > GatewayLimits.MaxReplayMemoryBytes)
            {
                // To make a file may take long, and so may closing it: not on a thread that has other connections to hear.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                kept = SpillFile.Create();
                memory.Position = 0;
                await memory.CopyToAsync(kept);
            }

            await kept.WriteAsync(bytes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // No room on the disk: the request goes on, and can't be sent again.
            await ForgetAsync();
        }
    }

    private async ValueTask ForgetAsync()
    {
        isComplete = false;
        var gone = kept;
        kept = Stream.Null;
        await gone.DisposeAsync();
    }
}
