namespace Holdfast.Cli.Topologies;

/// <summary>How much is kept of what each process prints.</summary>
internal sealed record LogRotation
{
    public const long LeastBytes = 4096;
    public const long MostBytes = 1L << 40;
    public const int MaxKeep = 100;

    /// <summary>The largest size of a log file; what would exceed it begins a new one.</summary>
    public long MaxBytes { get; init; } = 10L << 20;

    /// <summary>How many earlier files are kept of each process.</summary>
    public int Keep { get; init; } = 5;
}
