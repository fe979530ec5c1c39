using System.Globalization;

namespace Holdfast.EndToEnd.Tests.Absence;

/// <summary>How much memory each of some processes has resident, and the most that it had.</summary>
internal sealed class Footprint(IReadOnlyList<int> pids)
{
    private readonly Dictionary<int, long> most = pids.ToDictionary(static pid => pid, static _ => 0L);

    /// <summary>The most of each, in MiB.</summary>
    public IReadOnlyDictionary<int, long> MostMebibytes => most;

    /// <summary>Looks once.</summary>
    public void Look()
    {
        foreach (var pid in pids)
        {
            most[pid] = Math.Max(most[pid], ResidentKibibytes(pid) >> 10);
        }
    }

    private static long ResidentKibibytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
