using System.Globalization;

namespace Holdfast.EndToEnd.Tests.Soak;

/// <summary>How much memory a process has for itself, and how many handles are open, over time.</summary>
/// <param name="name">What it is called.</param>
/// <param name="pid">The process.</param>
/// <param name="keeps">Whether it keeps what it is given, so that its memory grows with that.</param>
internal sealed class Vitals(string name, int pid, bool keeps = false)
{
    private readonly Trend memory = new();
    private readonly Trend handles = new();

    public int Pid => pid;

    /// <summary>Whether its memory is to stay as it is.</summary>
    public bool IsToStay => !keeps;

    /// <summary>The memory's growth as a part of what it is.</summary>
    public double MemoryGrowth => memory.Growth / memory.Level;

    /// <summary>How many handles more there are.</summary>
    public double HandleGrowth => handles.Growth;

    /// <summary>Looks once.</summary>
    public void Look()
    {
        // What is mapped from files is not its own; generated code is shared memory.
        memory.Add(ProcessStatus("RssAnon:") + ProcessStatus("RssShmem:"));
        handles.Add(Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count());
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: {memory.Level / 1024:0.0} MiB {MemoryGrowth:+0.00%;-0.00%}, {handles.Level:0} handles {HandleGrowth:+0.0;-0.0}");

    private long ProcessStatus(string field)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
