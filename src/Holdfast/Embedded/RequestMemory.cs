namespace Holdfast.Embedded;

/// <summary>
/// How much memory request ids and clients' sequences take in all partitions. Full, it refuses commits that need
/// more: a window that was promised is never cut short.
/// </summary>
internal sealed class RequestMemory(long maxBytes)
{
    /// <summary>The limit. 256 MiB: about a million request ids.</summary>
    public const long DefaultMaxBytes = 256L << 20;

    private long used;

    public void Reserve(long bytes)
    {
        if (Interlocked.Add(ref used, bytes) > maxBytes)
        {
            Release(bytes);
            throw new StateFullException(
                $"The memory of request ids is full ({maxBytes} bytes): repeat later, or use shorter windows. Nothing was changed.");
        }
    }

    /// <summary>Takes memory for what was promised before the process started, limit or not.</summary>
    public void ReserveAnyway(long bytes) => Interlocked.Add(ref used, bytes);

    public void Release(long bytes) => Interlocked.Add(ref used, -bytes);
}
