using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>The prover's answers to applications whose answer is known. <c>eng/long prove</c> asks again and again, and with noise.</summary>
[Trait("Experiment", "prove")]
public sealed class CorpusTests(CorpusFixture corpus) : IClassFixture<CorpusFixture>
{
    public static TheoryData<string> All => [.. CorpusCase.Names];

    public static TheoryData<string> Stateless =>
        [.. CorpusCase.Names.Where(static name => CorpusCase.Load(name).Expect is { Verdict: "stateless" } && (Experiment.IsLong || name == "calculator"))];

    public static TheoryData<string> Noisy => [.. CorpusCase.Names.Where(static name => Experiment.IsLong || name is "calculator" or "session-files")];

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_verdict_and_the_kinds_are_the_known_ones(string name) =>
        (await corpus.OutcomeOfAsync(name)).Is(CorpusCase.Load(name));

    /// <summary>Under the default time, and over and over: what is stateless is never called anything else.</summary>
    [Theory]
    [MemberData(nameof(Stateless))]
    public async Task What_is_stateless_raises_no_false_alarm(string name)
    {
        for (var time = 0; time < Experiment.Count(1, 20); time++)
        {
            (await CorpusProof.RunAsync(CorpusCase.Load(name), Experiment.IsLong ? TimeSpan.FromMinutes(1) : CorpusFixture.Patience)).Is(CorpusCase.Load(name));
        }
    }

    [Theory]
    [MemberData(nameof(Noisy))]
    public async Task Noise_in_all_answers_changes_nothing(string name) =>
        (await CorpusProof.RunAsync(CorpusCase.Load(name), CorpusFixture.Patience, isNoisy: true)).Is(CorpusCase.Load(name));
}
