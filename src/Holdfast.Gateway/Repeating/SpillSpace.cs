namespace Holdfast.Gateway.Repeating;

/// <summary>The room that files of one gateway may take together.</summary>
internal sealed class SpillSpace(long limitBytes)
{
    private long takenBytes;

    /// <summary>Takes room, if there is so much.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref takenBytes, bytes) <= limitBytes)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    public void Give(long bytes) => Interlocked.Add(ref takenBytes, -bytes);
}
