using Holdfast.Cli.Logs;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Supervision;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Supervision;

public sealed class SupervisedProcessTests
{
    [Fact]
    public async Task What_is_told_last_of_a_process_that_is_to_finish_just_when_it_becomes_ready_is_that_it_is_to_finish()
    {
        await using var log = new RunLog(Stream.Null, coloured: false);
        using var process = new DrainedWhenReady(new RunContext
        {
            Log = log,
            Marker = new RunMarker(Entropy.System),
            Ports = new LoopbackPorts(Entropy.System),
            ReadyTimeout = HoldfastTool.Deadline,
            KillNow = CancellationToken.None,
        });
        process.Start();
        Assert.Null(await process.FirstReady);
        process.Drained();

        Assert.Equal([InstanceState.Ready, InstanceState.Draining], process.Told.TakeLast(2));
        await process.StopAsync();
        Assert.Equal(InstanceState.Draining, process.Told[^1]);
    }

    /// <summary>Another thread drains it while it is told that it is ready.</summary>
    private sealed class DrainedWhenReady : SupervisedProcess
    {
        private readonly List<InstanceState> told = [];
        private readonly Thread drain;

        public DrainedWhenReady(RunContext run)
            : base("late", run) => drain = new Thread(Drain);

        public IReadOnlyList<InstanceState> Told
        {
            get
            {
                lock (told)
                {
                    return [.. told];
                }
            }
        }

        public void Drained() => drain.Join();

        protected override LaunchPlan Prepare() => new(Name, LaunchPlan.Shell("exec sleep 7000"), Environment.CurrentDirectory, new Dictionary<string, string>());

        protected override Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken) => Task.FromResult(true);

        protected override void StateChanged()
        {
            var state = State;
            if (state == InstanceState.Ready)
            {
                drain.Start();
                SpinWait.SpinUntil(() => !drain.IsAlive || drain.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
            }

            lock (told)
            {
                told.Add(state);
            }
        }
    }
}
