using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>The prover's answers to applications whose answer is known. <c>eng/long prove</c> asks again and again, and with noise.</summary>
[Trait("Experiment", "prove")]
public sealed class CorpusTests(CorpusFixture corpus) : IClassFixture<CorpusFixture>
{
    private static readonly string[] Names = [.. CorpusCase.Names];
    private static readonly string[] NoisyNames = Experiment.IsLong ? Names : ["calculator", "session-files"];
    private static readonly (string Name, bool IsNoisy)[] Asked = [.. Names.Select(static name => (name, false)), .. NoisyNames.Select(static name => (name, true))];

    public static TheoryData<string> All => [.. Names];

    public static TheoryData<string> Stateless =>
        [.. Names.Where(static name => CorpusCase.Load(name).Expect is { Verdict: "stateless" } && (Experiment.IsLong || name == "calculator"))];

    public static TheoryData<string> Noisy => [.. NoisyNames];

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_verdict_and_the_kinds_are_the_known_ones(string name) =>
        (await corpus.OutcomeOfAsync(name, isNoisy: false, Asked)).Is(CorpusCase.Load(name));

    /// <summary>Under the default time, and over and over, two beside one another: what is stateless is never called anything else.</summary>
    [Theory]
    [MemberData(nameof(Stateless))]
    public async Task What_is_stateless_raises_no_false_alarm(string name)
    {
        var time = Experiment.IsLong ? TimeSpan.FromMinutes(1) : CorpusFixture.Patience;
        await Parallel.ForAsync(0, Experiment.Count(1, 20), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (_, _) =>
            (await corpus.ProveAsync(name, time)).Is(CorpusCase.Load(name)));
    }

    [Theory]
    [MemberData(nameof(Noisy))]
    public async Task Noise_in_all_answers_changes_nothing(string name) =>
        (await corpus.OutcomeOfAsync(name, isNoisy: true, Asked)).Is(CorpusCase.Load(name));
}
