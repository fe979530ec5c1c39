namespace Holdfast.Tests.Partitions;

public sealed class PartitionHeadTests
{
    private static readonly PartitionHead Head = new(7, 120, [new TermStart(1000, 0), new TermStart(2000, 50), new TermStart(3000, 100)]);

    [Theory]
    [InlineData(1000, 50)]
    [InlineData(1000, 0)]
    [InlineData(2000, 100)]
    [InlineData(3000, 120)]
    public void A_stamp_within_its_term_is_part_of_the_history(long term, long revision) =>
        Assert.True(Head.Contains(new Stamp(7, term, revision)));

    [Theory]
    [InlineData(1000, 51)]
    [InlineData(2000, 101)]
    [InlineData(3000, 121)]
    [InlineData(1500, 1)]
    [InlineData(4000, 1)]
    public void A_stamp_beyond_its_terms_end_or_of_an_unknown_term_is_lost(long term, long revision) =>
        Assert.False(Head.Contains(new Stamp(7, term, revision)));

    [Fact]
    public void A_stamp_of_another_partition_is_a_callers_bug() =>
        Assert.Throws<ArgumentException>(() => Head.Contains(new Stamp(8, 1000, 1)));
}
