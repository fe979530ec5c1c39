using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>Programs that have one core of the machine to themselves, or share it with what is theirs, so that rates can be compared.</summary>
internal static class OneCore
{
    /// <summary>The same start, on that core only; as it was for null.</summary>
    public static ProcessStartInfo Pin(ProcessStartInfo start, int? core)
    {
        if (core is { } number)
        {
            // Before the program runs: .NET counts its cores once.
            foreach (var argument in (string[])[start.FileName, number.ToString(CultureInfo.InvariantCulture), "--cpu-list"])
            {
                start.ArgumentList.Insert(0, argument);
            }

            start.FileName = "taskset";
        }

        return start;
    }
}
