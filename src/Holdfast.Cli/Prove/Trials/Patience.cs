using Holdfast.Cli.Prove.Comparison;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>
/// Pauses for what an application does by itself meanwhile. On a machine that has much else to do, that comes now sooner
/// and now later, and so do answers: the more runs differ in how long they take, the longer the pauses are. What an
/// experiment tells is then not up to the machine.
/// </summary>
internal static class Patience
{
    /// <summary>How many times what runs differ by is added.</summary>
    private const int Spreads = 3;

    /// <summary>How many runs tell how much they differ now: the last ones.</summary>
    private const int Recent = 6;

    /// <summary>A pause, in tenths of seconds, on a machine on which these runs took so long.</summary>
    /// <param name="least">The pause where all runs take equally long.</param>
    /// <param name="undisturbed">Runs without a pause, at least one.</param>
    public static TimeSpan For(TimeSpan least, IReadOnlyList<RunReadings> undisturbed)
    {
        var recent = undisturbed.TakeLast(Recent).Select(static run => run.Run.Took).ToArray();
        return TimeSpan.FromSeconds(Math.Round((least + Spreads * (recent.Max() - recent.Min())).TotalSeconds, 1));
    }
}
