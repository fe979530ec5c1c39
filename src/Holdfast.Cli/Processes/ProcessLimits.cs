using System.Globalization;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Puts limits on a command that the kernel keeps without any right: open files by setrlimit(2), processors by
/// sched_setaffinity(2). Both are inherited by whatever the command starts. Memory is not among them: RLIMIT_AS counts
/// addresses, of which .NET, Node and Java reserve far more than they use, and a cgroup takes root or a delegated one;
/// see <see cref="Supervision.MemoryWatch"/>.
/// </summary>
internal static class ProcessLimits
{
    private const string OpenFilesScript = "ulimit -n \"$1\" && shift && exec \"$@\"";

    /// <summary>The most open files that this user may give a process.</summary>
    public static long MostOpenFiles()
    {
        // Max open files            soft                 hard                 files
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal));
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

        if (limits.Cpus is { } cpus && Processors() is { } all && cpus < all.Count)
        {
            var own = Enumerable.Range(0, cpus).Select(index => all[(((number - 1) * cpus) + index) % all.Count]);
            command = ["taskset", "-c", string.Join(',', own), .. command];
        }

        return command;
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
