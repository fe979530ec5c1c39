using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>Pauses grow with what runs differ by, and not with how long they take.</summary>
public sealed class PatienceTests
{
    [Theory]
    [InlineData(2.5, 0.02, 0.03, 0.02)]
    [InlineData(2.5, 3.0, 3.0, 3.0)]
    [InlineData(4.0, 0.2, 0.7, 0.4)]
    [InlineData(2.5, 9.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)]
    public void The_last_runs_tell(double seconds, params double[] took) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Patience.For(TimeSpan.FromSeconds(2.5), [.. took.Select(Run)]));

    private static RunReadings Run(double took)
    {
        var run = FakeRuns.Run(FakeRuns.Walk("GET /"), "u", "{}").Run;
        return RunReadings.Of(run with { Took = TimeSpan.FromSeconds(took) });
    }
}
