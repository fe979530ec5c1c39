using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>A difference that was made sure of is shrunk though it does not show every time.</summary>
public sealed class WitnessSearchTests
{
    private const string Scenario = """
        steps:
          - request: GET /notes/{{unique}}
          - request: POST /notes/{{unique}}
            json: { text: a }
          - request: GET /notes/{{unique}}
        """;

    /// <summary>The plain order has to show it four times, twice of two; else the order that was made sure of has to, twice of two, in five attempts.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("3")]
    [InlineData("4")]
    [InlineData("3 5 8")]
    [InlineData("1 2 3 4 5")]
    public async Task What_is_stored_just_before_a_read_hides_nothing(string stored) => Assert.NotNull((await SearchAsync(stored.Split(' ')))?.Write);

    [Fact]
    public async Task What_never_shows_again_has_no_witness() => Assert.Null(await SearchAsync([.. Enumerable.Range(1, 1000).Select(static read => $"{read}")]));

    /// <param name="stored">The reads on another instance, from 1, at which all has just been stored.</param>
    private static async Task<Witness?> SearchAsync(string[] stored)
    {
        var (store, reads) = (new Dictionary<string, List<string>>(), 0);
        var machine = new SimulatedMachine(1, TimeSpan.Zero);
        var proof = new SimulatedProof(Scenario, machine, () => new LateProcess(store, () => stored.Contains($"{++reads}")), TimeSpan.FromMinutes(10));
        var controls = new ControlGroup(proof.Laboratory, proof.Walk);
        await controls.RunAsync(6);
        var schedule = Schedule.Of(Arm.Rotate, [1, 0, 1]);
        var leaf = new LeafTally(2, "$.notes", 8, 8, controls.Expectation.Leaves[(2, "$.notes")], "[]");
        return await new WitnessSearch(proof.Laboratory, controls).ShrinkAsync(new Suspicion(2, leaf, schedule));
    }
}
