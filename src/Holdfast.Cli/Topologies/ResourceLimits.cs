namespace Holdfast.Cli.Topologies;

/// <summary>What one instance may take of the machine; null for as much as there is.</summary>
internal sealed record ResourceLimits
{
    public static readonly ResourceLimits None = new();

    public const long LeastMemoryBytes = 16L << 20;
    public const int MaxCpus = 1024;
    public const int LeastOpenFiles = 64;
    public const int MaxOpenFiles = 1 << 20;

    /// <summary>Resident memory of all its processes together, in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Memory that each of its processes may ask for, in bytes, whether or not it is resident.</summary>
    public long? ProcessMemoryBytes { get; init; }

    /// <summary>Where the topology names it.</summary>
    public int ProcessMemoryLine { get; init; }

    /// <summary>Whole processors that its processes run on.</summary>
    public int? Cpus { get; init; }

    /// <summary>Files, sockets included, that each of its processes may have open.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Where the topology names the number of open files.</summary>
    public int OpenFilesLine { get; init; }

    /// <summary>Whether both limit the same.</summary>
    public bool AreLike(ResourceLimits other) => WithoutLines() == other.WithoutLines();

    private ResourceLimits WithoutLines() => this with { OpenFilesLine = 0, ProcessMemoryLine = 0 };
}
