namespace Holdfast.Tests.Commits;

public sealed class CommitValidationTests
{
    private static readonly PartitionMap Partitions = new(256);
    private static readonly Address Cart = new("cart", "u42");

    [Fact]
    public void A_commit_goes_to_the_partition_of_its_records() =>
        Assert.Equal(Partitions.PartitionOf("u42"), new Commit(RecordChange.Update(Cart)).Validate(Partitions));

    [Fact]
    public void Events_alone_go_where_the_affinity_says() =>
        Assert.Equal(
            Partitions.PartitionOf("u42"),
            new Commit { Events = [new NewEvent("x", default)], Affinity = "u42" }.Validate(Partitions));

    [Fact]
    public void An_empty_commit_is_a_callers_bug() =>
        Assert.Throws<ArgumentException>(() => new Commit { Affinity = "u42" }.Validate(Partitions));

    [Fact]
    public void A_commit_over_two_partitions_is_refused_with_the_remedy()
    {
        var commit = new Commit(RecordChange.Update(Cart), RecordChange.Update(new Address("cart", "u43")));

        Assert.Contains("one affinity", Assert.Throws<ArgumentException>(() => commit.Validate(Partitions)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changing_a_record_twice_is_a_callers_bug() =>
        Assert.Throws<ArgumentException>(() => new Commit(RecordChange.Update(Cart), RecordChange.Delete(Cart)).Validate(Partitions));

    [Fact]
    public void A_commit_is_bounded()
    {
        var many = Enumerable.Range(0, 65).Select(i => RecordChange.Update(new Address("order", "u42", $"{i}"))).ToArray();
        var big = RecordChange.Update(Cart).Set("photo", new byte[StateLimits.MaxRecordBytes + 1]);
        var fiveFullRecords = Enumerable.Range(0, 5)
            .Select(i => RecordChange.Update(new Address("order", "u42", $"{i}")).Set("f", new byte[StateLimits.MaxRecordBytes - 1])).ToArray();

        Assert.Throws<StateLimitException>(() => new Commit(many).Validate(Partitions));
        Assert.Throws<StateLimitException>(() => new Commit(big).Validate(Partitions));
        Assert.Throws<StateLimitException>(() => new Commit(fiveFullRecords).Validate(Partitions));
        Assert.Throws<StateLimitException>(() => Events(65, 1).Validate(Partitions));
        Assert.Throws<StateLimitException>(() => Events(1, StateLimits.MaxEventBytes).Validate(Partitions));
        Assert.Equal(Partitions.PartitionOf("u42"), Events(64, 1).Validate(Partitions));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@rev")]
    public void Field_names_that_are_not_the_applications_are_refused(string name)
    {
        Assert.Throws<ArgumentException>(() => FieldOperation.Set(name, default));
        Assert.Throws<ArgumentException>(() => Condition.FieldIs(name, default));
    }

    [Fact]
    public void Only_an_update_changes_fields()
    {
        Assert.Throws<InvalidOperationException>(() => RecordChange.Delete(Cart).Set("a", "b"));
        Assert.Throws<InvalidOperationException>(() => RecordChange.Keep(Cart).Add("a", 1));
    }

    [Fact]
    public void Request_ids_and_their_windows_are_bounded()
    {
        Assert.Equal(TimeSpan.FromHours(24), new RequestId("k").Window);
        Assert.Throws<ArgumentException>(() => new RequestId(""));
        Assert.Throws<ArgumentException>(() => new RequestId(new string('k', 256)));
        Assert.Throws<ArgumentException>(() => new RequestId("k") { Fingerprint = new string('é', 128) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RequestId("k") { Window = TimeSpan.FromHours(25) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RequestId("k") { Window = TimeSpan.Zero });
    }

    private static Commit Events(int count, int payloadBytes) => new()
    {
        Affinity = "u42",
        Events = [.. Enumerable.Repeat(new NewEvent("placed", new byte[payloadBytes]), count)],
    };
}
