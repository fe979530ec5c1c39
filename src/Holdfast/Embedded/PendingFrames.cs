namespace Holdfast.Embedded;

/// <summary>What a partition has on its way to the disk. Needs the partition's lock.</summary>
internal sealed class PendingFrames
{
    private int syncs;

    /// <summary>How many frames that is.</summary>
    public int Count { get; private set; }

    /// <summary>Whether any of it waits for the disk: then what follows does too, so that what is visible is a prefix.</summary>
    public bool NeedSync => syncs > 0;

    /// <summary>Ends when all of it is as durable as it is to be.</summary>
    public Task Durable { get; private set; } = Task.CompletedTask;

    public void Add(Task durable, bool untilSynced)
    {
        Durable = durable;
        Count++;
        syncs += untilSynced ? 1 : 0;
    }

    public void Release(bool untilSynced)
    {
        Count--;
        syncs -= untilSynced ? 1 : 0;
    }

    public void TakeBack(bool untilSynced)
    {
        Release(untilSynced);
        if (Count == 0)
        {
            // Until then what is still to be taken back decides commits, and their verdicts must fail with it.
            Durable = Task.CompletedTask;
        }
    }
}
