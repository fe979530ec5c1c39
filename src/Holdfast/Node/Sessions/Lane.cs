namespace Holdfast.Node;

/// <summary>
/// What one connection has under way in one partition: commits that are not durable yet, and the commands that wait
/// for them. Within a lane commands take effect in the order they were sent, so that a read sees the commits before
/// it and none after it; commits one after another do not wait for each other, and neither do lanes. Guarded by the
/// session's gate.
/// </summary>
internal sealed class Lane
{
    private const int KeptCapacity = 512;

    /// <summary>The partition; the lane serves another one once it is idle.</summary>
    public int Partition { get; set; }

    /// <summary>How many commits are under way.</summary>
    public int Commits { get; set; }

    /// <summary>Whether a thread is taking commands from <see cref="Waiting"/>; there is at most one.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Commands in the order they were sent, the first of which waits for the commits under way.</summary>
    public Queue<WaitingCommand> Waiting { get; } = new();

    /// <summary>Places of replies in the order of their commands, those that are settled at its front excepted.</summary>
    public Queue<ReplySlot> Unsettled { get; } = new();

    /// <summary>Whether its memory may be kept for what is yet to come.</summary>
    public bool IsSmall => Waiting.Capacity + Unsettled.Capacity <= KeptCapacity;

    public bool IsIdle => Commits == 0 && !IsRunning && Waiting.Count == 0;

    /// <summary>The first reply of the lane that may yet tell any later revision.</summary>
    public ReplySlot? FirstUnsettled
    {
        get
        {
            DropSettled();
            return Unsettled.TryPeek(out var slot) ? slot : null;
        }
    }

    public void DropSettled()
    {
        while (Unsettled.TryPeek(out var slot) && slot.IsSettled)
        {
            Unsettled.Dequeue();
        }
    }
}
