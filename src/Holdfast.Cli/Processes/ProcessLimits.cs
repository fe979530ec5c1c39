using System.Globalization;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Puts limits on a command that the kernel keeps without any right: open files and the memory of each process by
/// setrlimit(2), processors by sched_setaffinity(2). They are inherited by whatever the command starts. The memory of all of
/// an instance's processes together is not among them, which takes a cgroup, and so root or a delegated one; see
/// <see cref="Supervision.MemoryWatch"/>. RLIMIT_AS would count addresses, of which .NET, Node and Java reserve far more than
/// they use; RLIMIT_DATA counts, of those, what is private and writable.
/// </summary>
internal static class ProcessLimits
{
    private const string OpenFilesScript = "ulimit -n \"$1\" && shift && exec \"$@\"";

    /// <summary>In KiB.</summary>
    private const string MemoryScript = "ulimit -d \"$1\" && shift && exec \"$@\"";

    /// <summary>
    /// Has the kernel end an instance first when the machine is out of memory (proc_pid_oom_score_adj(5)), as if it had half of all memory more. Gateways and the
    /// node, whose loss is everybody's, are not meant then. To raise it takes no right.
    /// </summary>
    private const string FirstToGoScript = "{ echo \"$1\" >/proc/self/oom_score_adj; } 2>/dev/null; shift; exec \"$@\"";

    private const string ScoreFile = "/proc/self/oom_score_adj";
    private const int FirstToGo = 500;
    private const int MaxScore = 1000;

    /// <summary>The most open files that this user may give a process.</summary>
    public static long MostOpenFiles() => Most("Max open files");

    /// <summary>The most memory that this user may give a process, in bytes.</summary>
    public static long MostProcessMemory() => Most("Max data size");

    private static long Most(string resource)
    {
        // Max open files            soft                 hard                 files
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(resource, StringComparison.Ordinal));
        var fields = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return fields.Length > 4 && long.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out var hard) ? hard : long.MaxValue;
    }

    /// <summary>The command, within the limits.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="number">The instance's number: instances are spread over the processors by it.</param>
    public static IReadOnlyList<string> Apply(IReadOnlyList<string> command, ResourceLimits limits, int number)
    {
        if (limits.OpenFiles is { } files)
        {
            command = ["sh", "-c", OpenFilesScript, "holdfast-limit", files.ToString(CultureInfo.InvariantCulture), .. command];
        }

        if (limits.ProcessMemoryBytes is { } bytes)
        {
            command = ["sh", "-c", MemoryScript, "holdfast-limit", (bytes >> 10).ToString(CultureInfo.InvariantCulture), .. command];
        }

        if (limits.Cpus is { } cpus && Processors() is { } all && cpus < all.Count)
        {
            var own = Enumerable.Range(0, cpus).Select(index => all[(((number - 1) * cpus) + index) % all.Count]);
            command = ["taskset", "-c", string.Join(',', own), .. command];
        }

        var score = Math.Min(int.Parse(File.ReadAllText(ScoreFile), CultureInfo.InvariantCulture) + FirstToGo, MaxScore);
        return ["sh", "-c", FirstToGoScript, "holdfast-limit", score.ToString(CultureInfo.InvariantCulture), .. command];
    }

    /// <summary>The processors that this process may run on.</summary>
    private static List<int> Processors()
    {
        const string name = "Cpus_allowed_list:";
        var line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(name, StringComparison.Ordinal));
        return [.. line[name.Length..].Trim().Split(',').SelectMany(static range =>
        {
            int[] ends = [.. range.Split('-').Select(static end => int.Parse(end, CultureInfo.InvariantCulture))];
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        })];
    }
}
