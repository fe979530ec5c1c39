using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>A process that is started, waited for until it is ready, watched, and started again when it ends, until it is stopped.</summary>
internal abstract class SupervisedProcess(string name, RunContext run) : IDisposable
{
    /// <summary>How long a process may take to end after SIGTERM, unless it has another <see cref="Grace"/>.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    /// <summary>A process that ends so often before it was ever ready won't be ready by another start.</summary>
    public const int MaxFirstStarts = 3;

    private readonly Lock gate = new();
    private readonly RestartBackoff backoff = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource<string?> firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task loop = Task.CompletedTask;
    private int starts;

    /// <summary>The process's name in log, status and environment.</summary>
    public string Name => name;

    public InstanceState State { get; private set; } = InstanceState.Starting;

    /// <summary>The process that does the work; null while there is none.</summary>
    public int? Pid { get; protected set; }

    /// <summary>The process group that does the work; null while there is none.</summary>
    public int? Group { get; private set; }

    /// <summary>How often the process has ended by itself.</summary>
    public int Ends { get; private set; }

    /// <summary>What somebody should look after, and what helps; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>How it ended last; null when it never has.</summary>
    public ProcessEnd? LastEnd { get; private set; }

    /// <summary>Completes when the process is ready for the first time, with null, or can't be, with the reason.</summary>
    public Task<string?> FirstReady => firstReady.Task;

    protected RunContext Run => run;

    private bool IsStopping => stopping.IsCancellationRequested || State == InstanceState.Draining;

    public void Start() => loop = RunAsync();

    /// <summary>Marks the process as one that finishes what it has; it isn't restarted any more.</summary>
    public void Drain() => Enter(InstanceState.Draining);

    /// <summary>Ends the process, first by asking it to, and returns when nothing of it is left.</summary>
    public async Task StopAsync()
    {
        Drain();
        await stopping.CancelAsync();
        await loop;
        Stopped();
        firstReady.TrySetResult("it was stopped");
    }

    public void Dispose() => stopping.Dispose();

    /// <summary>Returns when all are ready for the first time.</summary>
    /// <exception cref="CommandException">One of them can't be.</exception>
    public static async Task ReadyAsync(IEnumerable<SupervisedProcess> processes, CancellationToken cancellationToken)
    {
        var waits = processes.Select(async process => (process.Name, Failure: await process.FirstReady.WaitAsync(cancellationToken)));
        await foreach (var wait in Task.WhenEach(waits))
        {
            if (await wait is { Failure: { } failure } failed)
            {
                throw new CommandException($"{failed.Name} {failure}");
            }
        }
    }

    /// <summary>How the process is started next.</summary>
    protected abstract LaunchPlan Prepare();

    /// <summary>Whether the process can do its work; asked again and again until it is.</summary>
    protected abstract Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken);

    /// <summary>Completes with the reason when a process that runs can't go on serving, as when another one ended that it depends on.</summary>
    protected virtual async Task<ProcessEnd> LostAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, run.Clock, cancellationToken);
        throw new InvalidOperationException("Infinity has ended.");
    }

    /// <summary>Called after each change of <see cref="State"/>, one after the other.</summary>
    protected virtual void StateChanged()
    {
    }

    /// <summary>Called when the process has ended, before the change of <see cref="State"/>.</summary>
    protected virtual void Ended()
    {
    }

    /// <summary>Called when the process has been stopped and is not started again.</summary>
    protected virtual void Stopped()
    {
    }

    /// <summary>What the log says when the process is ready.</summary>
    protected virtual string ReadyText(GuardedProcess process) => $"{name} is ready (pid {Pid})";

    private async Task RunAsync()
    {
        while (!IsStopping)
        {
            Enter(InstanceState.Starting);
            starts++;
            var end = await LiveOrFailAsync();
            if (IsStopping)
            {
                return;
            }

            LastEnd = end;
            Ends++;
            if (!firstReady.Task.IsCompleted && (starts >= MaxFirstStarts || end.IsTimeout))
            {
                Enter(InstanceState.Failed);
                firstReady.TrySetResult(end.Report);
                return;
            }

            var delay = backoff.After(end.ReadyFor, end.IsKill);
            run.Log.Event($"{name} {end.Text}; restarted {(delay == TimeSpan.Zero ? "at once" : $"in {delay.TotalSeconds:0.##} s")}");
            if (backoff.IsCrashLoop)
            {
                NoteCrashLoop(end);
            }

            if (delay > TimeSpan.Zero)
            {
                Enter(InstanceState.Failed);
                await SleepAsync(delay);
            }
        }
    }

    /// <summary>Tells once that a process keeps failing: what it is told by each restart is lost among the lines of the others.</summary>
    private void NoteCrashLoop(ProcessEnd end)
    {
        var isNews = Problem is null;
        var advice = end.IsKill
            ? "Unless somebody kills it, the kernel does for want of memory, and its log says so"
            : $"{Remedy}; its lines are in {RunFolder.Name}/{RunFolder.LogsName}/{name}.log. Until then it is tried every {RestartBackoff.MaxDelay.TotalSeconds:0} s";
        Problem = $"is in a crash loop: it failed {backoff.Failures} times in a row, and last {end.Text}. {advice}";
        if (isNews)
        {
            run.Log.Event($"{name} {Problem}");
        }
    }

    private async Task<ProcessEnd> LiveOrFailAsync()
    {
        try
        {
            return await LiveAsync();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Such as a machine that is out of memory or files: the others are supervised on, and this one is tried again.
            Leave();
            return new ProcessEnd($"can't be run: {error.Message}");
        }
    }

    /// <summary>One life of the process, from its start until nothing of it is left.</summary>
    private async Task<ProcessEnd> LiveAsync()
    {
        await using var process = GuardedProcess.Start(Prepare(), run.Marker, run.Clock, line => run.Log.Output(name, line));
        Pid = Group = process.Pid;
        var end = await ServeAsync(process);
        if (IsStopping)
        {
            await process.StopAsync(Grace, run.KillNow);
            Leave();
            run.Log.Event($"{name} has stopped");
            return end;
        }

        // Whoever would send it requests must learn first.
        Leave();
        await process.KillAsync();
        return end with { LastLines = process.LastLines };
    }

    private async Task<ProcessEnd> ServeAsync(GuardedProcess process)
    {
        var started = run.Clock.GetTimestamp();
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var ready = await BecomeReadyAsync(process, life.Token);
        if (stopping.IsCancellationRequested)
        {
            return new ProcessEnd("was stopped");
        }

        if (process.Ended.IsCompleted)
        {
            return new ProcessEnd($"ended before it was ready ({ExitText.Of(await process.Ended)})");
        }

        if (!ready)
        {
            return new ProcessEnd($"was not ready within {run.ReadyTimeout.TotalSeconds:0.##} s{Unready(process)}") { IsTimeout = true };
        }

        var readySince = run.Clock.GetTimestamp();
        Enter(InstanceState.Ready);
        run.Log.Event($"{ReadyText(process)} after {run.Clock.GetElapsedTime(started, readySince).TotalSeconds:0.0} s");
        firstReady.TrySetResult(null);

        var end = await EndAsync(process, life.Token);
        await life.CancelAsync();
        return end with { ReadyFor = run.Clock.GetElapsedTime(readySince) };
    }

    /// <summary>Waits until a process that is ready ends, can't go on or is to stop.</summary>
    private async Task<ProcessEnd> EndAsync(GuardedProcess process, CancellationToken stopped)
    {
        var lost = LostAsync(process, stopped);
        var end = Task.WhenAny(process.Ended, lost);
        if (Problem is not null && await Task.WhenAny(end, Task.Delay(RestartBackoff.StableAfter, run.Clock, stopped)) != end && !stopped.IsCancellationRequested)
        {
            Problem = null;
            backoff.Forget();
            run.Log.Event($"{name} is well again: it has been ready for {RestartBackoff.StableAfter.TotalSeconds:0} s");
        }

        await end;
        if (process.Ended.IsCompleted)
        {
            return new ProcessEnd($"ended ({ExitText.Of(await process.Ended)})") { IsKill = await process.Ended == 128 + Posix.SigKill };
        }

        return lost.IsCompletedSuccessfully ? await lost : new ProcessEnd("was stopped");
    }

    /// <summary>How long it may take to end after SIGTERM.</summary>
    protected virtual TimeSpan Grace => StopGrace;

    /// <summary>What helps when it keeps failing.</summary>
    protected virtual string Remedy => "Mend what it prints";

    /// <summary>Why a process that runs isn't ready, if more can be told than that.</summary>
    protected virtual string Unready(GuardedProcess process) => "";

    private async Task<bool> BecomeReadyAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(run.ReadyTimeout);
        var pause = TimeSpan.FromMilliseconds(20);
        try
        {
            while (!process.Ended.IsCompleted)
            {
                if (await IsReadyAsync(process, limit.Token))
                {
                    return true;
                }

                await Task.WhenAny(process.Ended, Task.Delay(pause, run.Clock, limit.Token));
                limit.Token.ThrowIfCancellationRequested();
                pause = TimeSpan.FromMilliseconds(Math.Min(pause.TotalMilliseconds * 1.5, 250));
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over, or the process is to stop.
        }

        return false;
    }

    private async Task SleepAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, run.Clock, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // To be stopped while waiting for a restart.
        }
    }

    /// <summary>Changes what <see cref="StateChanged"/> tells, and has it told before anything else is changed: who is told of two changes is told of the later one last.</summary>
    protected void Change(Action change)
    {
        lock (gate)
        {
            change();
            StateChanged();
        }
    }

    // Draining is the last state: a process that is to stop doesn't start over.
    private void Enter(InstanceState state) => Change(() => State = State == InstanceState.Draining ? State : state);

    private void Leave() => Change(() =>
    {
        Pid = Group = null;
        Ended();
        State = State == InstanceState.Draining ? State : InstanceState.Starting;
    });
}
