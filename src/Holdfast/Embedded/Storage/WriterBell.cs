namespace Holdfast.Embedded;

/// <summary>Wakes the log's thread. It is told under the log's gate, and listens without it.</summary>
internal sealed class WriterBell
{
    private readonly object gate = new();
    private bool isRinging;

    /// <summary>Wakes the thread, if it waits or is about to.</summary>
    public void Ring()
    {
        lock (gate)
        {
            isRinging = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Forgets what was rung so far, as the thread has looked at all there is.</summary>
    public void Still()
    {
        lock (gate)
        {
            isRinging = false;
        }
    }

    /// <summary>Waits until it rings; false if it has not.</summary>
    public bool Wait(int milliseconds)
    {
        lock (gate)
        {
            return isRinging || Monitor.Wait(gate, milliseconds);
        }
    }
}
