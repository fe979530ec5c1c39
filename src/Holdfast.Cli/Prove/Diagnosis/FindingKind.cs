using System.Text.Json.Serialization;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>What keeps an application from being stateless.</summary>
[JsonConverter(typeof(FindingKindJson))]
internal enum FindingKind
{
    /// <summary>An instance keeps state in its memory.</summary>
    ProcessMemory,

    /// <summary>An instance keeps state on its own disk.</summary>
    LocalDisk,

    /// <summary>A write is acknowledged before it is where others find it.</summary>
    UnflushedWrite,

    /// <summary>Of writes at the same time, some have no effect.</summary>
    LostUpdate,

    /// <summary>What one instance has signed or encrypted, another rejects.</summary>
    PerInstanceSecret,

    /// <summary>An instance serves a copy of shared state that has changed.</summary>
    PerInstanceCache,

    /// <summary>The application itself ties a user to an instance.</summary>
    Affinity,

    /// <summary>Instances work by themselves, each for itself.</summary>
    BackgroundWork,

    /// <summary>Something else.</summary>
    Unknown,
}
