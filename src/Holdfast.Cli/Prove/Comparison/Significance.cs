namespace Holdfast.Cli.Prove.Comparison;

/// <summary>Whether a value that differs in disturbed runs differs more often than it does by itself.</summary>
internal static class Significance
{
    /// <summary>Most that chance alone may account for.</summary>
    public const double MaxChance = 1e-5;

    /// <summary>
    /// The least share by which the rates must differ, of their sum: Diffy's rule, under which a field that is noisy by
    /// itself is none that a change has broken.
    /// </summary>
    private const double MinRelativeDifference = 0.2;

    /// <summary>
    /// Whether the differences in disturbed runs are no chance, by Fisher's exact test: how probable it is that of all
    /// differences so many fall on the disturbed runs.
    /// </summary>
    public static bool IsMet(int disturbedMisses, int disturbedRuns, int controlMisses, int controlRuns, double maxChance = MaxChance)
    {
        var raw = (double)disturbedMisses / disturbedRuns;
        var noise = (double)controlMisses / controlRuns;
        return raw > noise
            && (raw - noise) / (raw + noise) > MinRelativeDifference
            && Chance(disturbedMisses, disturbedRuns, controlMisses, controlRuns) <= maxChance;
    }

    /// <summary>The probability that so many or more of the differences fall on the disturbed runs by chance (the hypergeometric distribution's tail).</summary>
    public static double Chance(int disturbedMisses, int disturbedRuns, int controlMisses, int controlRuns)
    {
        var misses = disturbedMisses + controlMisses;
        var all = LogChoose(disturbedRuns + controlRuns, misses);
        var chance = 0.0;
        for (var among = disturbedMisses; among <= Math.Min(misses, disturbedRuns); among++)
        {
            if (misses - among <= controlRuns)
            {
                chance += Math.Exp(LogChoose(disturbedRuns, among) + LogChoose(controlRuns, misses - among) - all);
            }
        }

        return Math.Min(1, chance);
    }

    private static double LogChoose(int of, int choose) => LogFactorial(of) - LogFactorial(choose) - LogFactorial(of - choose);

    private static double LogFactorial(int number)
    {
        var sum = 0.0;
        for (var factor = 2; factor <= number; factor++)
        {
            sum += Math.Log(factor);
        }

        return sum;
    }
}
