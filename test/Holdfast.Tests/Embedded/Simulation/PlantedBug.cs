namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>A defect that the simulation is given to find, of the kind that a storage engine can have.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>Some synchronising of a log is left out.</summary>
    SkippedSync,

    /// <summary>Two frames are written in each other's place.</summary>
    SwappedFrames,

    /// <summary>A write is done after it was acknowledged.</summary>
    EarlyAcknowledgement,

    /// <summary>The names in a folder are never synchronised.</summary>
    SkippedFolderSync,
}
