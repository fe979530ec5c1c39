namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>Where a simulated application keeps notes.</summary>
public enum NotesPlace
{
    /// <summary>Where all processes look.</summary>
    Store,

    /// <summary>There, and each process looks there once and then at its own copy.</summary>
    CopiedStore,

    /// <summary>In the process.</summary>
    Memory,
}
