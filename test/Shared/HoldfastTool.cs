using System.Diagnostics;
using System.Text.Json;

namespace Holdfast.TestServers;

/// <summary>
/// The holdfast tool as a real process, as a user starts it, without a terminal. Everything that it starts inherits a
/// variable of this test, so that what was left running is found. A project that uses it refers to Holdfast.Cli, so
/// that the tool is built before the tests.
/// </summary>
public sealed class HoldfastTool : IAsyncDisposable
{
    /// <summary>Ten times what anything here may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(100);

    private const string MarkVariable = "HOLDFAST_TEST";

    private readonly Process process;
    private readonly string folder;
    private readonly string mark;
    private readonly ProcessOutput output;

    private HoldfastTool(
        string folder, string mark, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, NetworkNamespace? network = null, int? openFiles = null)
    {
        (this.folder, this.mark) = (folder, mark);
        string[] limit = openFiles is { } most ? ["sh", "-c", $"ulimit -n {most} && exec \"$@\"", "sh"] : [];
        string[] command = [.. limit, "dotnet", Path, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[MarkVariable] = mark;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        process = Process.Start(network?.Inside(start) ?? start)!;
        output = new ProcessOutput(process);
    }

    /// <summary>The built tool, of the same configuration as the tests.</summary>
    public static string Path { get; } = Repository.ProgramOf("src/Holdfast.Cli");

    public int Pid => process.Id;

    /// <summary>What it has printed so far, standard output and standard error together.</summary>
    public IReadOnlyList<string> Lines => output.Lines;

    /// <summary>What it has printed so far, as one text.</summary>
    public string Output => output.Text;

    /// <summary>Starts the tool in a folder.</summary>
    public static HoldfastTool Start(string folder, params string[] arguments) =>
        Start(folder, new Dictionary<string, string>(), arguments);

    /// <summary>Starts the tool in a folder, where it may open so many files.</summary>
    public static HoldfastTool Start(string folder, int openFiles, params string[] arguments) =>
        new(folder, NewMark(), new Dictionary<string, string>(), arguments, openFiles: openFiles);

    /// <summary>Starts the tool in a folder, with variables added to its environment.</summary>
    public static HoldfastTool Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new(folder, NewMark(), environment, arguments);

    /// <summary>Starts the tool in a folder and a network of its own.</summary>
    internal static HoldfastTool StartInside(NetworkNamespace network, string folder, params string[] arguments) =>
        new(folder, NewMark(), new Dictionary<string, string>(), arguments, network);

    /// <summary>Starts the tool and returns its exit code and output once it has ended.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string folder, params string[] arguments)
    {
        await using var tool = Start(folder, arguments);
        var code = await tool.EndAsync();
        return (code, tool.Output);
    }

    /// <summary>What <c>status --json</c> tells of the topology in the folder.</summary>
    public static async Task<JsonElement> StatusAsync(string folder)
    {
        var (code, output) = await RunAsync(folder, "status", "--json");
        return code == 0 ? JsonDocument.Parse(output).RootElement : throw new InvalidOperationException($"status exits with {code}: {output}");
    }

    /// <summary>What <c>status --json</c> tells of this topology, once it is as wanted.</summary>
    public async Task<JsonElement> StatusWhenAsync(Func<JsonElement, bool> isWanted)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync(folder);
            if (isWanted(status))
            {
                return status;
            }

            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException($"The status is still {status}\n{Output}");
            }
        }
    }

    /// <summary>Returns the first line that holds the text, of those after the given number of lines, once it is printed.</summary>
    /// <param name="text">What is waited for.</param>
    /// <param name="after">How many lines are skipped.</param>
    /// <param name="patience">How long it is waited for; <see cref="Deadline"/> unless told.</param>
    public Task<string> SeeAsync(string text, int after = 0, TimeSpan? patience = null) => output.SeeAsync(text, patience ?? Deadline, after);

    /// <summary>Sends a signal by its name: INT, TERM, KILL.</summary>
    public void Signal(string name) => Signal(Pid, name);

    /// <summary>Sends a signal to a process by its name.</summary>
    public static void Signal(int pid, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{pid}"]);
        kill.WaitForExit();
    }

    /// <summary>Returns the exit code once the tool has ended.</summary>
    /// <param name="deadline">How long that may take; <see cref="Deadline"/> unless told.</param>
    public async Task<int> EndAsync(TimeSpan? deadline = null)
    {
        await process.WaitForExitAsync().WaitAsync(deadline ?? Deadline);
        await output.Ended.WaitAsync(Deadline);
        return process.ExitCode;
    }

    /// <summary>The processes that the tool has started, directly or not, and that still run, each as its command line.</summary>
    public IReadOnlyList<string> Left()
    {
        var left = new List<string>();
        foreach (var entry in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])))
        {
            try
            {
                if (entry != $"/proc/{Pid}" && File.ReadAllText($"{entry}/environ").Contains($"{MarkVariable}={mark}\0", StringComparison.Ordinal))
                {
                    left.Add($"{entry}: {File.ReadAllText($"{entry}/cmdline").Replace('\0', ' ')}");
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has just ended, or is another user's.
            }
        }

        return left;
    }

    /// <summary>Whether the process runs. One that has ended and that its parent has not asked after yet has no command line.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Returns once nothing is left of a tool that has ended: at once but for the watchers that it has told to go, which end by themselves.</summary>
    public Task LeavesNothingAsync() => Left().Where(static line => !line.Contains("holdfast-watch", StringComparison.Ordinal)).ToList() is { Count: > 0 } left
        ? throw new InvalidOperationException($"Left running:\n{string.Join('\n', left)}")
        : NothingLeftAsync();

    /// <summary>Returns once nothing that the tool has started runs any more.</summary>
    public async Task NothingLeftAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (Left() is { Count: > 0 } left)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException($"Still running:\n{string.Join('\n', left)}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Kills the tool, which ends what it has started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await NothingLeftAsync();
        }

        process.Dispose();
    }

    private static string NewMark() => Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
}
