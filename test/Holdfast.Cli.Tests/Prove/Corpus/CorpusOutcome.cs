using System.Text.Json;

namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>How the proof of a case came out.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Json">What was written for scripts.</param>
/// <param name="Time">How long it took.</param>
/// <param name="Output">What was printed.</param>
internal sealed record CorpusOutcome(int Code, JsonElement Json, TimeSpan Time, string Output)
{
    public const string Inconclusive = "inconclusive";

    public string Verdict => Json.GetProperty("verdict").GetString()!;

    public IEnumerable<string> Kinds => Json.GetProperty("findings").EnumerateArray().Select(static finding => finding.GetProperty("kind").GetString()!).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Fails unless the verdict, the kinds and the exit code are the known ones.</summary>
    public void Is(CorpusCase known) => Assert.True(
        Verdict == known.Expect.Verdict && Kinds.SequenceEqual(known.Expect.Kinds.Order(StringComparer.Ordinal)) && Code == Array.IndexOf(["stateless", "stateful", Inconclusive], Verdict),
        $"{known.Name} is {known.Expect.Verdict} [{string.Join(", ", known.Expect.Kinds)}], and came out as {Verdict} [{string.Join(", ", Kinds)}], exit code {Code}, after {Time.TotalSeconds:0} s:\n{Output}");
}
