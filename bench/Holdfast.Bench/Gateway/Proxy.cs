using System.Globalization;

namespace Holdfast.Bench;

/// <summary>A proxy's processes: the one that was started, and its children.</summary>
internal sealed record Proxy(string Name, Uri Url, int Pid)
{
    private const int TicksPerSecond = 100;
    private const int UserTimeField = 11;

    /// <summary>The processor time that all of them have spent, user and system.</summary>
    public TimeSpan Processor() => TimeSpan.FromSeconds(Pids().Sum(static pid =>
    {
        // The name, in parentheses, may hold anything; what follows it is numbers (proc(5)).
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[UserTimeField], CultureInfo.InvariantCulture) + long.Parse(fields[UserTimeField + 1], CultureInfo.InvariantCulture);
    }) / (double)TicksPerSecond);

    /// <summary>The memory that all of them hold.</summary>
    public double ResidentMebibytes() => Pids().Sum(static pid =>
        File.ReadLines($"/proc/{pid}/status").Where(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(static line => double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
            .FirstOrDefault()) / 1024;

    private IEnumerable<int> Pids()
    {
        yield return Pid;
        foreach (var child in File.ReadAllText($"/proc/{Pid}/task/{Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return int.Parse(child, CultureInfo.InvariantCulture);
        }
    }
}
