namespace Holdfast.TestServers;

/// <summary>Counts of a test that is also an experiment: small in every run of eng/test, large under eng/long.</summary>
internal static class Experiment
{
    /// <summary>Whether eng/long runs the test.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("HOLDFAST_LONG") == "1";

    /// <summary>The small count, or the large one under eng/long.</summary>
    public static int Count(int small, int large) => IsLong ? large : small;
}
