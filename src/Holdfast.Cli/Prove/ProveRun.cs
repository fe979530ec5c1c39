using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Reports;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;
using Holdfast.Cli.Prove.Trials;
using Holdfast.Cli.Up;

namespace Holdfast.Cli.Prove;

/// <summary>One run of the command: prepares, proves or records, reports, and leaves nothing behind.</summary>
internal static class ProveRun
{
    /// <summary>Copies that are started: a third one, so that "another instance" is not always the same.</summary>
    private const int Copies = 3;

    public static async Task<int> RunAsync(ProveRequest request)
    {
        ProofResult? result;
        try
        {
            result = await ProveAsync(request);
        }
        catch (CommandException error)
        {
            // Nothing could be proved, which is no proof of anything.
            await Console.Error.WriteLineAsync(error.IsVerbatim ? error.Message : $"holdfast: {error.Message}");
            result = new ProofResult { Verdict = Verdict.Inconclusive, Reason = error.Message };
        }

        catch (OperationCanceledException)
        {
            result = new ProofResult { Verdict = Verdict.Inconclusive, Reason = "it was stopped before anything was tried" };
        }

        return result is null ? ExitCode.Done : Report(request, result);
    }

    private static int Report(ProveRequest request, ProofResult result)
    {
        if (result.Walk is not null)
        {
            ConsoleReport.Write(result, Console.Out);
        }

        Write(request.JsonFile, () => ProofJson.Of(result) + "\n");
        Write(request.ReportFile, () => HtmlReport.Of(result, request.What, TimeProvider.System.GetUtcNow()));
        return result.Verdict switch
        {
            Verdict.Stateless => ExitCode.Done,
            Verdict.Stateful => ExitCode.Stateful,
            _ => ExitCode.Inconclusive,
        };
    }

    /// <summary>The result; null when it was a recording.</summary>
    private static async Task<ProofResult?> ProveAsync(ProveRequest request)
    {
        Check(request.Application);
        var scenario = request.RecordFile is null ? Scenario(request) : null;
        using var signals = new StopSignals();
        using var workplace = new Workplace(TimeProvider.System, Entropy.System, signals.KillNow);
        await using var store = request.State is { } state ? await ProvedStore.StartAsync(state, workplace, signals.Stop) : null;
        var application = store is null ? request.Application : request.Application?.With(store.Environment);
        if (request.Build is { } build)
        {
            await OneCommand.RunAsync("build", build, application, workplace, signals.Stop);
        }

        var instances = InstancesOf(request, application, workplace);
        Instance? next = request.RunNext is { } run && application is not null ? new ProcessInstance(instances.Length + 1, application with { Run = run }, workplace) : null;
        try
        {
            if (scenario is null)
            {
                await RecordRun.RunAsync(instances[0], request.RecordFile!, request.RecordPort, new Progress(Console.Error), signals.Stop);
                return null;
            }

            Func<CancellationToken, Task>? reset = request.Reset is { } command
                ? cancelled => OneCommand.RunAsync("reset", command, application, workplace, cancelled)
                : null;
            var runner = new Runner(instances, next, workplace.Clock, workplace.Entropy);
            var laboratory = new Laboratory(runner, new Budget(request.Time, workplace.Clock), reset, signals.Stop);
            return await new Proof(laboratory, Walk.Of(scenario), workplace.Entropy, new Progress(Console.Error)).RunAsync();
        }
        finally
        {
            await Task.WhenAll(instances.Append(next).OfType<Instance>().Select(static async instance => await instance.DisposeAsync()));
        }
    }

    private static void Check(Application? application)
    {
        if (application is not null && !Directory.Exists(application.Folder))
        {
            throw new CommandException($"{application.Folder} does not exist: name the application's folder with --folder");
        }

        if (!OperatingSystem.IsLinux() && application is not null)
        {
            throw new CommandException("--run needs Linux, for process groups and /proc: start the instances yourself and name them with --instances");
        }
    }

    private static Scenario Scenario(ProveRequest request)
    {
        var text = ScenarioFile.TextOf(request.Scenario!);
        Write(request.SavedScenario, () => text);
        return ScenarioFile.Read(request.Scenario!, text);
    }

    private static Instance[] InstancesOf(ProveRequest request, Application? application, Workplace workplace)
    {
        var authorities = request.Authorities is { } file ? Authorities.Load(file) : null;
        return application is not null
            ? [.. Enumerable.Range(1, Copies).Select(number => new ProcessInstance(number, application, workplace))]
            : [.. request.Running.Select((address, index) => new RunningInstance(index + 1, address, authorities))];
    }

    private static void Write(string? file, Func<string> content)
    {
        if (file is null)
        {
            return;
        }

        try
        {
            File.WriteAllText(file, content());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"holdfast: {file} can't be written: {error.Message}");
        }
    }
}
