namespace Holdfast.Cli.Prove.Comparison;

/// <summary>How much a reading of a value says; a value is held to the strongest that runs agree on.</summary>
internal enum ReadingTier
{
    /// <summary>What kind of value it is.</summary>
    Kind,

    /// <summary>How many items a list has, or that a number was not there before.</summary>
    Amount,

    /// <summary>Which of a list's items are this run's own, in any order.</summary>
    Mine,

    /// <summary>Which items a list has, in any order.</summary>
    Bag,

    /// <summary>The value itself, or that it is the same as another of the run.</summary>
    Exact,

    /// <summary>Which items a list has, in which order.</summary>
    Ordered,
}

/// <summary>
/// One thing that can be said of a value in one run. What can be said of it in every undisturbed run is expected of it
/// in the others; what can't is noise.
/// </summary>
/// <param name="Tier">How much it says.</param>
/// <param name="Text">What it says.</param>
/// <param name="Token">The raw value, where the reading is that it came up earlier in the run.</param>
/// <param name="By">How far a number has moved on since the answer before, where the reading is that it was not there before.</param>
internal readonly record struct Reading(ReadingTier Tier, string Text, string? Token = null, long? By = null);
