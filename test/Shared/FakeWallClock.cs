using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>
/// A wall clock that can be set, for processes that are started under it (libfaketime): their monotonic clock and all timers go
/// on as they were. What can't run under it: redis-server, whose allocator asks for the time before the library is ready.
/// </summary>
internal sealed class FakeWallClock : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public FakeWallClock() => Set(TimeSpan.Zero);

    /// <summary>Where Debian's package has the library for programs with threads.</summary>
    private static string Library => Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).FirstOrDefault()
        ?? throw new InvalidOperationException("libfaketimeMT.so.1 is missing. Run: apt-get install -y faketime");

    /// <summary>The variables under which a process has this clock.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
    };

    /// <summary>The same start, with this clock.</summary>
    public ProcessStartInfo For(ProcessStartInfo start)
    {
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>Sets the clock, for all who have it, to so much after the true time. They see it with their next look.</summary>
    public void Set(TimeSpan ahead)
    {
        // Put in place whole: a reader sees the old or the new.
        var fresh = $"{file}.new";
        File.WriteAllText(fresh, string.Create(CultureInfo.InvariantCulture, $"{(ahead < TimeSpan.Zero ? "" : "+")}{(long)ahead.TotalSeconds}\n"));
        File.Move(fresh, file, overwrite: true);
    }

    public void Dispose() => File.Delete(file);
}
