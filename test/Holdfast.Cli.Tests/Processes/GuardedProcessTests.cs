using Holdfast.Cli.Processes;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Processes;

public sealed class GuardedProcessTests
{
    [Fact]
    public async Task What_it_printed_last_is_told_though_it_arrives_after_its_end()
    {
        var plan = new LaunchPlan("late", LaunchPlan.Shell("(sleep 0.5; echo no such module) & exit 3"), Environment.CurrentDirectory, new Dictionary<string, string>());
        await using var process = GuardedProcess.Start(plan, new RunMarker($"test{Environment.ProcessId}"), new EndlessClock(), static _ => { });
        Assert.Equal(3, await process.Ended);
        Assert.Equal(["no such module"], await process.FinalLinesAsync().WaitAsync(HoldfastTool.Deadline));
    }

    /// <summary>By it no time to wait is ever over.</summary>
    private sealed class EndlessClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
