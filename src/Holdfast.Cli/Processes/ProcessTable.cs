using System.Globalization;

namespace Holdfast.Cli.Processes;

/// <summary>The machine's processes, as <c>/proc</c> tells them (proc(5)).</summary>
internal static class ProcessTable
{
    // USER_HZ, which is 100 on all that .NET runs on.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>The processes that live; one that has ended and waits for its parent to notice does not.</summary>
    public static IEnumerable<ProcessEntry> Living() =>
        Pids().Select(Read).OfType<ProcessEntry>();

    /// <summary>Those whose environment, as they were started with it, has a variable beginning with the text.</summary>
    public static IEnumerable<int> StartedWith(string variable)
    {
        var wanted = System.Text.Encoding.UTF8.GetBytes(variable);
        foreach (var pid in Pids())
        {
            if (Bytes(pid, "environ") is { } environment && Has(environment, wanted))
            {
                yield return pid;
            }
        }
    }

    private static IEnumerable<int> Pids()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    private static ProcessEntry? Read(int pid)
    {
        if (Bytes(pid, "stat") is not { Length: > 0 } bytes)
        {
            return null;
        }

        // pid (name) state ppid pgrp … and, as the 14th and 15th of all, utime and stime, where the name may hold anything, parentheses and spaces included.
        var stat = System.Text.Encoding.UTF8.GetString(bytes);
        var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X"
            ? null
            : new ProcessEntry(pid, (int)Number(1), (int)Number(2), name, Tick * (Number(11) + Number(12)));

        long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
    }

    private static bool Has(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> wanted)
    {
        while (!environment.IsEmpty)
        {
            if (environment.StartsWith(wanted))
            {
                return true;
            }

            var end = environment.IndexOf((byte)0);
            environment = end < 0 ? [] : environment[(end + 1)..];
        }

        return false;
    }

    /// <summary>Null when the process is gone or is another user's.</summary>
    private static byte[]? Bytes(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
