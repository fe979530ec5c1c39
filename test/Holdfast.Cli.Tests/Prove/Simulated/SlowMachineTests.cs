using Holdfast.Cli.Prove;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Tests.Prove.Corpus;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>What the prover says of an application is not up to the machine: proofs of simulated ones, by many seeds, on machines that have more and more to do. <c>eng/long slow</c> has more seeds.</summary>
[Trait("Experiment", "slow")]
public sealed class SlowMachineTests
{
    private const string Notes = """
        steps:
          - request: GET /notes/{{unique}}
          - request: POST /notes/{{unique}}
            json: { text: a }
          - request: GET /notes/{{unique}}
          - request: POST /notes/{{unique}}
            json: { text: b }
          - request: GET /notes/{{unique}}
        """;

    private const string Tickets = "steps: [ { request: POST /tickets, times: 3 } ]";

    /// <summary>By how much each step of an answer comes later than on an idle machine, where it takes one millisecond.</summary>
    public static TheoryData<int> DelayMilliseconds => [0, 5, 15, 30, 100, 200];

    [Theory]
    [MemberData(nameof(DelayMilliseconds))]
    public async Task What_each_process_moves_on_by_itself_is_background_work(int milliseconds) =>
        Assert.Empty(await OthersAsync(milliseconds, Scenario("game-ticks"), [FindingKind.BackgroundWork], static machine =>
        {
            var store = new Dictionary<string, List<(string, int)>>();
            return () => new GameProcess(machine, store);
        }));

    /// <summary>Its two seconds are over before it is read where answers take much longer than that: nothing is said then, and nothing else.</summary>
    [Theory]
    [MemberData(nameof(DelayMilliseconds))]
    public async Task What_is_stored_later_is_an_unflushed_write(int milliseconds) =>
        Assert.DoesNotContain(
            await OthersAsync(milliseconds, Scenario("likes-written-behind"), [FindingKind.UnflushedWrite], static machine =>
            {
                var store = new LikesStore();
                return () => new LikesProcess(machine, store);
            }),
            other => milliseconds <= 30 || other.Verdict == Verdict.Stateful);

    [Theory]
    [MemberData(nameof(DelayMilliseconds))]
    public async Task What_all_processes_share_is_stateless(int milliseconds) =>
        Assert.Empty(await OthersAsync(milliseconds, Notes, [], static machine => NotesIn(machine, NotesPlace.Store)));

    [Theory]
    [MemberData(nameof(DelayMilliseconds))]
    public async Task What_a_process_copies_is_a_cache(int milliseconds) =>
        Assert.Empty(await OthersAsync(milliseconds, Notes, [FindingKind.PerInstanceCache], static machine => NotesIn(machine, NotesPlace.CopiedStore)));

    [Theory]
    [MemberData(nameof(DelayMilliseconds))]
    public async Task What_a_process_keeps_is_its_memory(int milliseconds) =>
        Assert.Empty(await OthersAsync(milliseconds, Notes, [FindingKind.ProcessMemory], static machine => NotesIn(machine, NotesPlace.Memory)));

    [Theory]
    [MemberData(nameof(DelayMilliseconds))]
    public async Task What_a_process_counts_is_its_memory(int milliseconds) =>
        Assert.Empty(await OthersAsync(milliseconds, Tickets, [FindingKind.ProcessMemory], static _ => static () => new TicketProcess()));

    /// <summary>What differs is no proof before chance is ruled out, and the lack of a proof is none of the opposite.</summary>
    [Fact]
    public async Task What_there_was_no_time_to_make_sure_of_is_not_called_stateless_nor_its_cause_unknown()
    {
        var outcomes = new HashSet<Verdict>();
        for (var seconds = 20; seconds <= 100; seconds += 2)
        {
            var machine = new SimulatedMachine(seconds, TimeSpan.FromMilliseconds(60));
            var result = await new SimulatedProof(Notes, machine, NotesIn(machine, NotesPlace.Memory), TimeSpan.FromSeconds(seconds)).RunAsync();
            outcomes.Add(result.Verdict);
            Assert.All(result.Findings, static finding => Assert.Equal(FindingKind.ProcessMemory, finding.Kind));
        }

        Assert.Equal([Verdict.Stateful, Verdict.Inconclusive], outcomes.Order());
    }

    private static string Scenario(string name) => File.ReadAllText(Path.Combine(CorpusCase.Root, name, "scenario.yaml"));

    private static Func<NotesProcess> NotesIn(SimulatedMachine machine, NotesPlace place)
    {
        var store = new Dictionary<string, List<string>>();
        return () => new NotesProcess(machine, place, store);
    }

    /// <summary>The proofs that come out otherwise than with these kinds.</summary>
    private static async Task<List<OtherOutcome>> OthersAsync(int milliseconds, string scenario, FindingKind[] kinds, Func<SimulatedMachine, Func<SimulatedProcess>> application)
    {
        var others = new List<OtherOutcome>();
        for (var seed = 1; seed <= Experiment.Count(8, 1000); seed++)
        {
            var machine = new SimulatedMachine(seed, TimeSpan.FromMilliseconds(milliseconds));
            var proof = new SimulatedProof(scenario, machine, application(machine), CorpusFixture.Patience);
            var result = await proof.RunAsync();
            var verdict = kinds.Length == 0 ? Verdict.Stateless : Verdict.Stateful;
            if (result.Verdict != verdict || !result.Findings.Select(static finding => finding.Kind).SequenceEqual(kinds))
            {
                others.Add(new OtherOutcome(seed, result.Verdict, result.Reason, proof.Told));
            }
        }

        return others;
    }

    private sealed record OtherOutcome(int Seed, Verdict Verdict, string Reason, string Told);
}
