namespace Holdfast.Tests.Journal;

public sealed class JournalCursorTests
{
    [Theory]
    [InlineData(2, 30)]
    [InlineData(3, 50)]
    [InlineData(4, 70)]
    public void History_is_shared_up_to_what_the_next_term_found(long term, long shared)
    {
        var head = new PartitionHead(7, 70, [new(2, 0), new(3, 30), new(4, 50)]);

        Assert.Equal(shared, In(term).SharedRevision(head));
    }

    [Fact]
    public void A_term_that_is_no_longer_remembered_shares_what_the_first_remembered_one_found()
    {
        var head = new PartitionHead(7, 70, [new(3, 30), new(4, 50)]);

        Assert.Equal(30, In(term: 1).SharedRevision(head));
    }

    [Theory]
    [InlineData(9, 40)]
    [InlineData(3, 70)]
    public void A_later_term_may_have_a_lower_number(long term, long shared)
    {
        var head = new PartitionHead(7, 70, [new(9, 0), new(3, 40)]);

        Assert.Equal(shared, In(term).SharedRevision(head));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    public void A_term_that_the_store_never_had_shares_nothing_that_it_remembers(long term)
    {
        var head = new PartitionHead(7, 70, [new(2, 30), new(9, 50)]);

        Assert.Equal(30, In(term).SharedRevision(head));
    }

    [Fact]
    public void What_is_stored_is_restored()
    {
        var cursor = In(term: 42);
        cursor.MoveTo(new JournalPosition(1234, 5));
        var restored = new JournalCursor(7);

        restored.Restore(cursor.Place.ToString());

        Assert.Equal((42, new JournalPosition(1234, 5)), (restored.Place.Term, restored.Place.Position));
    }

    private static JournalCursor In(long term)
    {
        var cursor = new JournalCursor(7);
        cursor.Enter(term);
        return cursor;
    }
}
