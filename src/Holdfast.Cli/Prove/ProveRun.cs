using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Reports;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;
using Holdfast.Cli.Prove.Trials;
using Holdfast.Cli.Up;

namespace Holdfast.Cli.Prove;

/// <summary>One run of the command: prepares, proves, reports, and leaves nothing behind.</summary>
internal static class ProveRun
{
    /// <summary>Copies that are started: a third one, so that "another instance" is not always the same.</summary>
    private const int Copies = 3;

    public static async Task<int> RunAsync(ProveRequest request)
    {
        ProofResult result;
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

    private static async Task<ProofResult> ProveAsync(ProveRequest request)
    {
        if (request.Application is { } application && !Directory.Exists(application.Folder))
        {
            throw new CommandException($"{application.Folder} does not exist: name the application's folder with --folder");
        }

        if (!OperatingSystem.IsLinux() && request.Application is not null)
        {
            throw new CommandException("--run needs Linux, for process groups and /proc: start the instances yourself and name them with --instances");
        }

        var text = ScenarioFile.TextOf(request.Scenario);
        Write(request.SavedScenario, () => text);
        var scenario = ScenarioFile.Read(request.Scenario, text);
        using var signals = new StopSignals();
        using var workplace = new Workplace(TimeProvider.System, Entropy.System, signals.KillNow);
        if (request is { Build: { } build, Application: { } built })
        {
            await BuildAsync(build, built, workplace, signals.Stop);
        }

        var instances = InstancesOf(request, workplace);
        try
        {
            var runner = new Runner(instances, workplace.Clock, workplace.Entropy);
            var laboratory = new Laboratory(runner, new Budget(request.Time, workplace.Clock), signals.Stop);
            return await new Proof(laboratory, Walk.Of(scenario), workplace.Entropy, new Progress(Console.Error)).RunAsync();
        }
        finally
        {
            await Task.WhenAll(instances.Select(static async instance => await instance.DisposeAsync()));
        }
    }

    private static Instance[] InstancesOf(ProveRequest request, Workplace workplace)
    {
        var authorities = request.Authorities is { } file ? Load(file) : null;
        return request.Application is { } application
            ? [.. Enumerable.Range(1, Copies).Select(number => new LaunchedInstance(number, application, workplace))]
            : [.. request.Running.Select((address, index) => new RunningInstance(index + 1, address, authorities))];
    }

    private static async Task BuildAsync(string build, Application application, Workplace workplace, CancellationToken cancellationToken)
    {
        // MSBuild's servers outlive a build, to serve anybody's next one; ours end with the build.
        var environment = new Dictionary<string, string>(application.Environment) { ["MSBUILDDISABLENODEREUSE"] = "1" };
        var plan = new LaunchPlan("build", LaunchPlan.Shell(build), application.Folder, environment);
        await using var process = GuardedProcess.Start(plan, workplace.Marker, workplace.Clock, static _ => { });
        var code = await process.Ended.WaitAsync(cancellationToken);
        if (code != 0)
        {
            throw new CommandException($"the build failed ({ExitText.Of(code)}): {build}{Readiness.LastLines(process)}");
        }
    }

    private static X509Certificate2Collection Load(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException($"{file} can't be read: {error.Message}; --ca is a file of certificates in PEM");
        }

        return authorities.Count > 0 ? authorities : throw new CommandException($"{file} has no certificate: --ca is a file of certificates in PEM");
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
