namespace Holdfast.Testing.Tests.Histories;

public sealed class ListAppendCheckerTests
{
    // Transactions are parted by semicolons: client, call and return (? for no answer, ! after it for one that failed), then steps: x+1 appended 1 to x, x:1,2 read both.
    // The second text is what is found when nothing is tolerated; the last the weakest level that forbids it.
    public static TheoryData<string, string, IsolationLevel> Bad => new()
    {
        { "0 1 9 x+1 y+1; 1 1 9 x+2 y+2; 2 10 11 x:1,2 y:2,1", "G0", IsolationLevel.ReadUncommitted },
        { "0 1 9 x+1; 1 1 9 x+2; 2 10 11 x:1,2; 3 10 11 x:2", "incompatible order", IsolationLevel.ReadUncommitted },
        { "0 1 9 x+1; 2 10 11 x:1,1", "duplicate", IsolationLevel.ReadUncommitted },
        { "0 1 9 x+1; 2 10 11 x:1,7", "garbage", IsolationLevel.ReadUncommitted },
        { "0 1 9 x+1 x:", "internal", IsolationLevel.ReadUncommitted },
        { "0 1 9 x: x+1 x:", "internal", IsolationLevel.ReadUncommitted },
        { "0 1 9! x+1; 2 10 11 x:1", "G1a", IsolationLevel.ReadCommitted },
        { "0 1 9 x+1 x+2; 1 1 9 x:1; 2 10 11 x:1,2", "G1b", IsolationLevel.ReadCommitted },
        { "0 1 9 x+1 y:1; 1 1 9 y+1 x:1", "G1c", IsolationLevel.ReadCommitted },
        { "0 1 9 x+1 y+1; 1 1 9 x:1 y:; 2 10 11 x:1 y:1", "G-single", IsolationLevel.SnapshotIsolation },
        { "0 1 9 x: x+1; 1 1 9 x: x+2; 2 10 11 x:1,2", "G-single", IsolationLevel.SnapshotIsolation },
        { "0 1 9 x: y+1; 1 1 9 y: x+1; 2 10 11 x:1 y:1", "G2", IsolationLevel.Serializable },
        { "0 1 2 x+1; 1 3 4 x:; 1 5 6 x:1", "G-single-realtime", IsolationLevel.StrictSerializable },
        { "0 1 2 x+1; 1 3 4 x+2; 2 5 6 x:2,1", "G0-realtime", IsolationLevel.StrictSerializable },
        { "0 1 2 x:1; 1 3 4 x+1", "G1c-realtime", IsolationLevel.StrictSerializable },
        { "0 1 2 x+1; 2 3 4 x:", "G-single-realtime", IsolationLevel.StrictSerializable },
    };

    public static TheoryData<string> Good =>
    [
        "0 1 2 x+1; 0 3 4 x:1 x+2 x:1,2; 1 5 6 x:1,2 y:",
        "0 1 9 x+1; 1 2 8 x:; 1 10 11 x:1",
        "0 1 9 x+1 y+1; 1 2 8 x:1 y:1",
        "0 1 ? x+1; 1 2 3 x:; 1 4 5 x:1",
        "0 1 ? x+1; 1 2 3 x:; 1 4 5 x:",
        "0 1 2! x+1; 1 3 4 x:",
        "0 1 2 x+1; 1 3 9 x+2; 2 4 8 x:1; 3 5 7 x:1,2",
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_known_anomaly_is_found_by_its_name_where_the_level_forbids_it(string text, string kind, IsolationLevel weakest)
    {
        var history = text.Split("; ").Select(Parse).ToList();
        Assert.Contains(kind, ListAppendChecker.Check(history, IsolationLevel.StrictSerializable).Select(static found => found.Kind));
        foreach (var level in Enum.GetValues<IsolationLevel>())
        {
            Assert.Equal(level >= weakest, ListAppendChecker.Check(history, level).Count > 0);
        }
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Nothing_is_found_where_nothing_is_wrong(string text) =>
        Violation.MustBeNone(ListAppendChecker.Check(text.Split("; ").Select(Parse), IsolationLevel.StrictSerializable), text);

    [Fact]
    public void A_cycle_is_told_with_its_transactions_and_why_each_comes_before_the_next()
    {
        var history = "0 1 9 x: y+1; 1 1 9 y: x+2; 2 10 11 x:2 y:1".Split("; ").Select(Parse);
        var found = Assert.Single(ListAppendChecker.Check(history, IsolationLevel.Serializable));
        Assert.Contains("T0 of client 0: read x: [], append 1 to y", found.Picture, StringComparison.Ordinal);
        Assert.Contains("T0 before T1: T1 appended 2 to x, which the other had not read", found.Picture, StringComparison.Ordinal);
        Assert.Contains("T1 before T0: T0 appended 1 to y, which the other had not read", found.Picture, StringComparison.Ordinal);
    }

    [Fact]
    public void Transactions_of_a_store_that_does_one_after_the_other_show_no_cycle()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            Violation.MustBeNone(ListAppendChecker.Check(ListHistory.Make(seed, isSnapshot: false), IsolationLevel.StrictSerializable), $"seed {seed}");
        }
    }

    [Fact]
    public void Transactions_on_snapshots_show_write_skew_and_nothing_worse()
    {
        var skewed = 0;
        for (var seed = 0; seed < 100; seed++)
        {
            var history = ListHistory.Make(seed, isSnapshot: true);
            Violation.MustBeNone(ListAppendChecker.Check(history, IsolationLevel.SnapshotIsolation), $"seed {seed}");
            var found = ListAppendChecker.Check(history, IsolationLevel.Serializable);
            Assert.All(found, static violation => Assert.Equal("G2", violation.Kind));
            skewed += found.Count > 0 ? 1 : 0;
        }

        Assert.InRange(skewed, 50, 100);
    }

    [Fact]
    public void An_acknowledged_append_that_is_taken_away_is_found_in_a_long_history()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var history = ListHistory.Make(seed, isSnapshot: false).ToList();
            var last = history.Max(static item => item.Return is long.MaxValue ? item.Call : item.Return);
            var lost = new Operation<ListTransaction>(0, "", new(ListStep.Append("a", 1_000_000)), OperationOutcome.Done, last + 1, last + 2);
            var numbers = history.SelectMany(static item => item.What.Steps).Where(static step => step is { List: "a", Read: not null }).MaxBy(static step => step.Read!.Count)?.Read ?? [];
            var after = new Operation<ListTransaction>(1, "", new(ListStep.Saw("a", numbers)), OperationOutcome.Done, last + 3, last + 4);
            Assert.Contains("G-single-realtime", ListAppendChecker.Check([.. history, lost, after], IsolationLevel.StrictSerializable).Select(static found => found.Kind));
        }
    }

    [Fact]
    public void A_number_that_is_appended_twice_is_the_callers_mistake() =>
        Assert.Throws<ArgumentException>(() => ListAppendChecker.Check([Parse("0 1 2 x+1"), Parse("0 3 4 x+1")], IsolationLevel.Serializable));

    private static Operation<ListTransaction> Parse(string text)
    {
        var parts = text.Split(' ');
        var outcome = parts[2] == "?" ? OperationOutcome.Unknown : parts[2].EndsWith('!') ? OperationOutcome.Failed : OperationOutcome.Done;
        var steps = parts.Skip(3).Select(static step => step.Contains('+', StringComparison.Ordinal)
            ? ListStep.Append(step.Split('+')[0], Number(step.Split('+')[1]))
            : ListStep.Saw(step.Split(':')[0], [.. step.Split(':')[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Number)]));
        return new((int)Number(parts[0]), "", new([.. steps]), outcome, Number(parts[1]), parts[2] == "?" ? long.MaxValue : Number(parts[2].TrimEnd('!')));
    }

    private static long Number(string text) => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
