namespace Holdfast.Embedded;

/// <summary>What stands behind a frame, and hears what became of it. Called on the thread that writes, in the log's order.</summary>
internal interface ILogEntry
{
    /// <summary>Whether the entry waits until its frame is synchronised, or only until it is written.</summary>
    bool UntilSynced { get; }

    /// <summary>Whether who appended the frame sees to its being written soon, by <see cref="LogWriter.WriteHere"/>.</summary>
    bool IsWrittenByCaller => false;

    /// <summary>The frame is as durable as was asked for: its effects may be seen.</summary>
    void Release();

    /// <summary>The frame did not reach the log, and neither did any later one: its effects are taken back.</summary>
    void RollBack();
}
