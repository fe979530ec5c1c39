using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>A lost update is told from one that only came before another.</summary>
public sealed class LossMeasureTests
{
    private static readonly string[] Writes = ["POST /hours", "POST /hours", "POST /hours"];

    /// <summary>The third item is the same in both orders of one after the other, and yet another one where the second write came last.</summary>
    [Theory]
    [InlineData(false, "[90,90,45]")]
    [InlineData(false, "[90,45,90]")]
    [InlineData(false, "[45,90,90]")]
    [InlineData(true, "[90,90]")]
    [InlineData(true, "[90,45]")]
    [InlineData(true, "[90,45,0]")]
    public void Items_in_another_order_are_no_loss(bool isLoss, string minutes) =>
        Assert.Equal(isLoss, LossIn("[90,45,90]", "[90,45,90]", "[]", minutes) is not null);

    [Theory]
    [InlineData(false, "[3]")]
    [InlineData(true, "[2]")]
    [InlineData(false, "[4]")]
    public void An_items_quantity_that_misses_a_write_is_one(bool isLoss, string quantity) => Assert.Equal(isLoss, LossIn("[3]", "[3]", "[]", quantity) is not null);

    private static Loss? LossIn(string inOrder, string reversed, string none, string atOnce)
    {
        var walk = FakeRuns.Walk([.. Writes, "GET /hours"]);
        var overlap = Overlap.Of(walk, Overlap.GroupsOf(walk)[0]);
        var measure = new LossMeasure(overlap, Group(overlap.Walk, inOrder), Group(overlap.Without, none), [Group(overlap.Walk, reversed)]);
        Assert.True(measure.ShowsTheWrites);
        return measure.LossIn(Run(overlap.Walk, 9, atOnce));
    }

    private static ControlGroup Group(Walk walk, string items)
    {
        var group = new ControlGroup(null!, walk);
        for (var run = 0; run < 4; run++)
        {
            group.Add(Run(walk, run, items));
        }

        return group;
    }

    private static Holdfast.Cli.Prove.Comparison.RunReadings Run(Walk walk, int number, string items) => FakeRuns.Run(
        walk, $"u{number}", [.. walk.Requests.Select(request => request.Step.IsSafe ? $$"""{"entries":{{items}}}""" : """{"ok":true}""")]);
}
