using System.Diagnostics;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>Proves a case of the corpus with the tool as a user has it, on a store and a shared folder of its own.</summary>
internal static class CorpusProof
{
    /// <summary>A program that starts another one, and puts noise into what that answers.</summary>
    private static readonly string Noise = Path.Combine(CorpusCase.Root, "noise.js");

    /// <summary>
    /// A proof starts dozens of processes that live for seconds. Those of .NET would spend two fifths of their time on
    /// optimising code that is not run again, so that begins only after 30 s (in milliseconds, hexadecimal).
    /// </summary>
    private static readonly Dictionary<string, string> ShortLived = new() { ["DOTNET_TC_CallCountingDelayMs"] = "7530" };

    /// <param name="one">The case.</param>
    /// <param name="time">The proof's <c>--time</c>; whoever tests for the answer alone gives much.</param>
    /// <param name="isNoisy">Whether noise is put into all answers.</param>
    public static async Task<CorpusOutcome> RunAsync(CorpusCase one, TimeSpan time, bool isNoisy = false)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-corpus-").FullName;
        try
        {
            await using var redis = one.Store == "redis" ? await RedisServer.StartAsync(isTcp: true) : null;
            await using var node = one.Store == "node" ? await NodeServer.StartAsync() : null;
            var environment = one.Env.ToDictionary(static pair => pair.Key, pair => Filled(pair.Value, node?.ConnectionString));
            if ((redis?.ConnectionString ?? node?.TcpConnectionString) is { } url)
            {
                environment["REDIS_URL"] = url;
            }

            if (one.Folder == "shared")
            {
                environment["SHARED_DIR"] = Directory.CreateDirectory(Path.Combine(folder, "shared")).FullName;
            }

            var (run, json) = (Filled(one.Run, node?.ConnectionString), Path.Combine(folder, "out.json"));
            await using var tool = HoldfastTool.Start(folder, ShortLived, [
                "prove", "--run", isNoisy ? $"node '{Noise}' {run}" : run,
                "--folder", Path.Combine(CorpusCase.Root, one.Name), "--scenario", Path.Combine(CorpusCase.Root, one.Name, "scenario.yaml"),
                .. environment.SelectMany(static pair => (string[])["--env", $"{pair.Key}={pair.Value}"]),
                "--time", $"{time.TotalSeconds:0}s", "--json", json]);
            var started = Stopwatch.GetTimestamp();
            var code = await tool.EndAsync(time + HoldfastTool.Deadline);
            await tool.LeavesNothingAsync();
            return new CorpusOutcome(code, JsonDocument.Parse(await File.ReadAllTextAsync(json)).RootElement, Stopwatch.GetElapsedTime(started), tool.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Filled(string text, string? store) =>
        text.Replace("{{corpus}}", CorpusCase.Root, StringComparison.Ordinal).Replace("{{store}}", store ?? "", StringComparison.Ordinal);
}
