using Holdfast.Cli.Readings;

namespace Holdfast.Cli.Supervision;

/// <summary>Whether instances of a new version do worse than those that they are to replace, over the same time.</summary>
internal static class RollVerdict
{
    /// <summary>Fewer failed requests than this are chance.</summary>
    public const int LeastFailures = 5;

    /// <summary>A smaller part of failed requests than this does not stop a roll.</summary>
    public const double LeastShare = 0.05;

    /// <summary>How many times the others' part the new ones' may be: what fails everywhere, such as a store that is away, is no fault of theirs.</summary>
    public const double MostTimesOthers = 2;

    public static bool IsWorse(RequestCount fresh, RequestCount others) =>
        fresh.Failed >= LeastFailures
        && fresh.FailedShare >= LeastShare
        && fresh.FailedShare > MostTimesOthers * others.FailedShare;
}
