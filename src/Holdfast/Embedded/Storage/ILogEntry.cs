namespace Holdfast.Embedded;

/// <summary>What stands behind a frame, and hears what became of it. Called on the log's thread, in the log's order.</summary>
internal interface ILogEntry
{
    /// <summary>Whether the entry waits until its frame is synchronised, or only until it is written.</summary>
    bool UntilSynced { get; }

    /// <summary>The frame is as durable as was asked for: its effects may be seen.</summary>
    void Release();

    /// <summary>The frame did not reach the log, and neither did any later one: its effects are taken back.</summary>
    void RollBack();
}
