using System.Globalization;

namespace Holdfast.Gateway.Sockets;

/// <summary>
/// How many of the files that the process may open (RLIMIT_NOFILE, getrlimit(2)) connections and kept bodies take. Some are left for everything else: without a file to read how much memory there is
/// the runtime takes it for none, and ends the process.
/// </summary>
internal static class ProcessFiles
{
    private const string LimitLine = "Max open files";
    private const int LeastReserve = 64;
    private const int MostReserve = 512;
    private const int LeastRoom = 16;
    private static readonly int Most = Room();
    private static int taken;

    /// <summary>Whether another one may be taken.</summary>
    public static bool HasRoom => Volatile.Read(ref taken) < Most;

    /// <summary>Whether another client may take one: a quarter of them is for what clients ask for.</summary>
    public static bool HasRoomForClients => Volatile.Read(ref taken) < Most - (Most / 4);

    /// <summary>One is taken.</summary>
    public static void Take() => Interlocked.Increment(ref taken);

    /// <summary>One is given back.</summary>
    public static void Give() => Interlocked.Decrement(ref taken);

    private static int Room()
    {
        if (!OperatingSystem.IsLinux() || SoftLimit() is not { } limit)
        {
            return int.MaxValue;
        }

        var reserve = Math.Clamp(limit / 8, LeastReserve, MostReserve);
        return Math.Max(LeastRoom, limit - Directory.GetFiles("/proc/self/fd").Length - reserve);
    }

    /// <summary>What the kernel tells in the line, after its name (proc(5)); null for no limit.</summary>
    private static int? SoftLimit() => File.ReadLines("/proc/self/limits")
        .Where(static line => line.StartsWith(LimitLine, StringComparison.Ordinal))
        .Select(static line => int.TryParse(line[LimitLine.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var limit) ? limit : (int?)null)
        .FirstOrDefault();
}
