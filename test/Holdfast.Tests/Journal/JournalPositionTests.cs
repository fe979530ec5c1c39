namespace Holdfast.Tests.Journal;

public sealed class JournalPositionTests
{
    [Fact]
    public void Positions_are_ordered_by_revision_and_then_by_index()
    {
        Assert.True(JournalPosition.Start < new JournalPosition(1, 0));
        Assert.True(new JournalPosition(1, 5) < new JournalPosition(2, 0));
        Assert.True(new JournalPosition(2, 1) > new JournalPosition(2, 0));
        Assert.True(new JournalPosition(2, 1) >= new JournalPosition(2, 1));
        Assert.True(new JournalPosition(2, 1) <= new JournalPosition(2, 1));
    }

    [Fact]
    public void A_position_reads_back_what_it_wrote() =>
        Assert.Equal(new JournalPosition(17, 3), JournalPosition.Parse(new JournalPosition(17, 3).ToString()));

    [Theory]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("-3")]
    [InlineData("17-")]
    [InlineData("17-x")]
    [InlineData("1 7-3")]
    public void What_is_no_position_is_refused(string text) => Assert.Throws<FormatException>(() => JournalPosition.Parse(text));
}
