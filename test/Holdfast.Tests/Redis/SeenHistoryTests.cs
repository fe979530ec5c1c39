using Holdfast.Redis;

namespace Holdfast.Tests.Redis;

/// <summary>What is told of a loss, and what is none.</summary>
public sealed class SeenHistoryTests
{
    private readonly EventLog log = new();
    private readonly SeenHistory history;

    public SeenHistoryTests() => history = new SeenHistory(4, new StateEngineOptions { Log = log.Write });

    [Theory]
    [InlineData(5, 0)]
    [InlineData(4, 1)]
    public void A_term_that_ended_before_what_was_seen_of_it_is_told(long end, int told)
    {
        history.Saw(At(10, 5), isNow: true);
        history.Saw(At(20, 6), isNow: true);
        Assert.True(history.IsUnproven(1));
        history.Learn(Head(6, (10, 0), (20, end)), isOfLeader: true);

        Assert.False(history.IsUnproven(1));
        Assert.Equal(told, log.Of("StateLost").Count());
    }

    [Fact]
    public void A_term_that_the_server_has_never_heard_of_is_told_though_the_one_that_it_goes_on_in_is_lower()
    {
        history.Saw(At(20, 9), isNow: true);
        history.Saw(At(10, 7), isNow: true);
        Assert.True(history.IsUnproven(1));
        history.Learn(Head(7, (10, 0)), isOfLeader: true);
        Assert.Contains("revision 9 of term 20, and the store knows no such term", Assert.Single(log.Of("StateLost")).Message, StringComparison.Ordinal);

        // Once, and from there on it is this history that is not to be lost.
        history.Saw(At(10, 8), isNow: true);
        Assert.False(history.IsUnproven(1));
        history.Learn(Head(7, (10, 0)), isOfLeader: true);
        Assert.Equal(2, log.Of("StateLost").Count());
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(4, 1)]
    public void What_a_server_that_was_replaced_acknowledged_last_is_told_if_its_successor_lacks_it(long end, int told)
    {
        history.Saw(At(20, 6), isNow: true);
        history.Saw(At(10, 5), isNow: true);
        history.Learn(Head(5, (10, 0)), isOfLeader: false);
        Assert.True(history.IsUnproven(1));
        Assert.Empty(log.Of("StateLost"));
        history.Learn(Head(6, (10, 0), (20, end)), isOfLeader: true);

        Assert.Equal(told, log.Of("StateLost").Count());
    }

    [Fact]
    public void A_commit_that_is_remembered_may_be_of_an_earlier_term()
    {
        history.Saw(At(20, 6), isNow: true);
        history.Saw(At(10, 3), isNow: false);

        Assert.False(history.IsUnproven(1));
    }

    private static Stamp At(long term, long revision) => new(1, term, revision);

    private static PartitionHead Head(long revision, params (long Term, long Found)[] terms) =>
        new(1, revision, [.. terms.Select(static term => new TermStart(term.Term, term.Found))]);
}
