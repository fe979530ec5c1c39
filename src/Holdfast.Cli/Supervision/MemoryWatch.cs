using System.Globalization;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>
/// Looks once a second how much memory an instance's processes have together. One that has more than its limit leaves in
/// good order, while one that grows so fast that this would come too late is to be ended at once.
/// </summary>
internal sealed class MemoryWatch(long limitBytes, TimeProvider clock)
{
    /// <summary>How often it is looked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How many times the limit is too much to wait for anything.</summary>
    public const double TooMuch = 1.5;

    /// <summary>Completes with the bytes that the processes have once these are more than wanted.</summary>
    public async Task<long> ExceedsAsync(GuardedProcess process, double times, CancellationToken cancellationToken)
    {
        while (true)
        {
            var bytes = process.Members().Sum(static member => ResidentBytes(member.Pid));
            if (bytes > limitBytes * times)
            {
                return bytes;
            }

            await Task.Delay(Interval, clock, cancellationToken);
        }
    }

    /// <summary>What the kernel counts as the process's own: pages that it shares with others, as of a program's file, are not among them.</summary>
    private static long ResidentBytes(int pid)
    {
        try
        {
            // size resident shared text lib data dt, in pages (proc(5))
            var fields = File.ReadAllText($"/proc/{pid}/statm").Split(' ');
            return (long.Parse(fields[1], CultureInfo.InvariantCulture) - long.Parse(fields[2], CultureInfo.InvariantCulture)) * Environment.SystemPageSize;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
