namespace Holdfast.Testing.Tests.Histories;

public sealed class LinearizabilityCheckerTests
{
    private static readonly RegisterModel Register = new();

    // Each line is an operation: client, call, return (or ? for no answer), and what: w5 wrote 5, r5 read 5, r- read nothing, 3>5+ set 5 as it held 3, 3>5- did not.
    public static TheoryData<string, bool> Known => new()
    {
        { "0 1 2 w1; 1 3 4 r1", true },
        { "0 1 2 r-; 1 3 4 w1", true },
        { "0 1 4 w1; 1 2 3 r1", true },
        { "0 1 4 w1; 1 2 3 r-", true },
        { "0 1 10 w1; 1 2 3 r-; 2 4 5 r1; 1 6 7 r1", true },
        { "0 1 ? w1; 1 2 3 r-; 1 4 5 r1", true },
        { "0 1 ? w1; 1 2 3 r-; 1 4 5 r-", true },
        { "0 1 ? w1; 1 2 3 w2; 1 4 5 r2; 1 6 7 r1", true },
        { "0 1 2 w1; 1 3 6 1>2+; 2 4 5 1>3-; 0 7 8 r2", true },
        { "0 1 2 w1; 1 3 6 1>2-; 2 4 5 1>3+; 0 7 8 r3", true },
        { "0 1 2 w1; 1 3 ? 1>2; 0 4 5 r1; 0 6 7 r2", true },
        { "0 1 2 w1; 1 3 ? 7>2; 0 4 5 r1", true },
        { "0 1 2 w1; 1 3 4 r-", false },
        { "0 1 2 r1; 1 3 4 w1", false },
        { "0 1 10 w1; 1 2 3 r1; 2 4 5 r-", false },
        { "0 1 2 w1; 0 3 4 w2; 1 5 6 r1", false },
        { "0 1 2 w1; 1 3 6 1>2+; 2 4 5 1>3+", false },
        { "0 1 2 w1; 1 3 4 1>2-", false },
        { "0 1 2 w1; 1 3 4 9>2+", false },
        { "0 1 ? w1; 1 2 3 r1; 1 4 5 r-", false },
        { "0 1 ? w1; 1 2 3 w2; 1 4 5 r1; 1 6 7 r2", false },
        { "0 1 2 w1; 1 3 ? 7>2; 0 4 5 r2", false },
        { "1 1 2 r5; 0 3 ? w5", false },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Known_histories_are_judged_as_they_must_be(string text, bool isGood)
    {
        var history = text.Split("; ").Select(Parse).ToList();
        Assert.Equal(isGood, LinearizabilityChecker.Check(Register, history).Count == 0);
        Assert.Equal(isGood, IsThereAnOrder(history));
    }

    [Fact]
    public void What_failed_had_no_effect()
    {
        Operation<RegisterOperation>[] history = [Parse("0 1 2 w1"), Parse("0 3 4 w2") with { Outcome = OperationOutcome.Failed }, Parse("1 5 6 r1")];
        Assert.Empty(LinearizabilityChecker.Check(Register, history));
        Assert.Single(LinearizabilityChecker.Check(Register, [.. history, Parse("1 7 8 r2")]));
    }

    [Fact]
    public void Histories_of_a_register_that_works_are_linearizable()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var history = RegisterHistory.Make(seed, clients: 2 + (seed % 7), operations: 120);
            Violation.MustBeNone(LinearizabilityChecker.Check(Register, history), $"seed {seed}");
        }
    }

    [Fact]
    public void Planted_faults_are_found_wherever_no_order_exists()
    {
        // Small enough to try every order there is.
        var bad = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var history = RegisterHistory.Make(seed, clients: 3, operations: 6).ToList();
            var victim = random.Next(history.Count);
            var what = history[victim].What;
            history[victim] = history[victim] with { What = what.Kind == RegisterKind.CompareAndSet ? what with { IsSet = !what.IsSet } : what with { Value = random.Next(4) } };
            var isThere = IsThereAnOrder(history);
            Assert.True(isThere == (LinearizabilityChecker.Check(Register, history).Count == 0), $"Seed {seed} is judged wrongly.");
            bad += isThere ? 0 : 1;
        }

        Assert.InRange(bad, 200, 1800);
    }

    [Fact]
    public void A_stale_read_in_a_long_history_is_found_and_drawn()
    {
        var history = RegisterHistory.Make(seed: 1, clients: 5, operations: 400, losesAnswers: false);
        var last = history.Max(static operation => operation.IsOpen ? operation.Call : operation.Return);
        var violation = Assert.Single(LinearizabilityChecker.Check(
            Register, [.. history, Parse($"0 {last + 1} {last + 2} w777"), Parse($"1 {last + 3} {last + 4} w778"), Parse($"2 {last + 5} {last + 6} r777")]));
        Assert.Equal("not linearizable", violation.Kind);
        Assert.Contains("ends with 778", violation.Picture, StringComparison.Ordinal);
        var stale = Assert.Single(violation.Picture.Split('\n'), static line => line.TrimStart().StartsWith("none", StringComparison.Ordinal));
        Assert.Contains("read -> 777", stale, StringComparison.Ordinal);
        Assert.EndsWith("|-|", stale.TrimEnd().Replace("||", "|-|", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_judged_each_by_itself()
    {
        Operation<RegisterOperation>[] history =
        [
            Parse("0 1 2 w1") with { Key = "good" }, Parse("0 3 4 r1") with { Key = "good" },
            Parse("0 1 2 w1") with { Key = "bad" }, Parse("0 3 4 r-") with { Key = "bad" },
        ];
        Assert.StartsWith("bad:", Assert.Single(LinearizabilityChecker.Check(Register, history)).Picture, StringComparison.Ordinal);
    }

    [Fact]
    public void What_takes_too_long_is_undecided_and_not_good()
    {
        var history = Enumerable.Range(0, 14).Select(static i => Parse($"{i} {i + 1} 100 w{i}")).Append(Parse("20 101 102 r99"));
        Assert.Equal("undecided", Assert.Single(LinearizabilityChecker.Check(Register, history, maxSteps: 1000)).Kind);
    }

    [Fact]
    public async Task A_history_counts_moments_as_clients_call_and_are_answered()
    {
        var history = new History<RegisterOperation>();
        var open = history.Call(0, "k", new(RegisterKind.Write, 1));
        await Task.WhenAll(Enumerable.Range(1, 4).Select(client => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    history.Call(client, "k", new(RegisterKind.Read)).Return(new(RegisterKind.Read, 1));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        history.Call(5, "k", new(RegisterKind.Write, 9)).Fail();
        Assert.Equal(402, history.Operations.Count);
        Assert.Empty(LinearizabilityChecker.Check(Register, history.Operations));
        open.Fail();
        Assert.Single(LinearizabilityChecker.Check(Register, history.Operations));
    }

    private static Operation<RegisterOperation> Parse(string text)
    {
        var parts = text.Split(' ');
        var what = parts[3];
        var isOpen = parts[2] == "?";
        var operation = what.Split('>') is [var expected, var then]
            ? new RegisterOperation(RegisterKind.CompareAndSet, Number(then.TrimEnd('+', '-')), Number(expected), then.EndsWith('+'))
            : new RegisterOperation(what[0] == 'w' ? RegisterKind.Write : RegisterKind.Read, Number(what[1..]));
        return new((int)Number(parts[0])!, "k", operation, isOpen ? OperationOutcome.Unknown : OperationOutcome.Done, (long)Number(parts[1])!, isOpen ? long.MaxValue : (long)Number(parts[2])!);
    }

    private static long? Number(string text) => text == "-" ? null : long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The definition itself, tried in every order.</summary>
    private static bool IsThereAnOrder(IReadOnlyList<Operation<RegisterOperation>> left, RegisterModel.State state = default)
    {
        if (left.All(static operation => operation.IsOpen))
        {
            return true;
        }

        return left.Any(candidate =>
            left.All(other => other.Return > candidate.Call)
            && Register.TryApply(state, candidate, out var next)
            && IsThereAnOrder([.. left.Where(other => other != candidate)], next));
    }
}
