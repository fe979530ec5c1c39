namespace Holdfast.Testing.Tests.Histories;

public sealed class SessionCheckerTests
{
    // Steps are client, call, return, and w or r with the version, and perhaps a value after a colon.
    public static TheoryData<string, string?> Known => new()
    {
        { "0 1 2 w5; 0 3 4 r5; 0 5 6 r6; 0 7 8 w7", null },
        { "0 1 2 w5; 1 3 4 r3; 1 5 6 r5", null },
        { "0 1 9 w5; 0 2 8 r3", null },
        { "0 1 2 r0; 0 3 4 r0; 0 5 6 w1", null },
        { "0 1 2 r5:a; 1 3 4 r5:a", null },
        { "0 1 2 w5; 0 3 4 r4", "read your writes" },
        { "0 1 2 r5; 0 3 4 r4", "monotonic reads" },
        { "0 1 2 r5; 0 3 4 r0", "monotonic reads" },
        { "0 1 2 w5; 0 3 4 w5", "monotonic writes" },
        { "0 1 2 w5; 0 3 4 w4", "monotonic writes" },
        { "0 1 2 r5; 0 3 4 w4", "writes follow reads" },
        { "0 1 2 r5; 0 3 4 w5", "writes follow reads" },
        { "0 1 2 w5:a; 1 3 4 r5:b", "one version, two values" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Known_histories_are_judged_as_they_must_be(string text, string? kind)
    {
        var found = SessionChecker.Check(text.Split("; ").Select(Parse));
        Assert.Equal(kind is null ? [] : [kind], found.Select(static violation => violation.Kind));
    }

    [Fact]
    public void Sessions_of_a_store_that_works_are_shown_their_past_and_one_that_is_shown_less_is_found()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var history = new History<SessionStep>();
            var version = 0;
            for (var i = 0; i < 300; i++)
            {
                var call = history.Call(random.Next(5), $"k{random.Next(3)}", new(random.Next(2) == 0, 0));
                var step = call.Operation.What;
                call.Return(step with { Version = step.IsWrite ? ++version : version, Value = $"{version}" });
            }

            Violation.MustBeNone(SessionChecker.Check(history.Operations), $"seed {seed}");
            var operations = history.Operations.ToList();
            var late = operations.FindLastIndex(operation => operation.What is { IsWrite: false } && operations.Exists(
                other => other.Client == operation.Client && other.Key == operation.Key && other.Return < operation.Call && other.What.Version > 1));
            operations[late] = operations[late] with { What = new(false, 1, "1") };
            Assert.NotEmpty(SessionChecker.Check(operations));
        }
    }

    [Fact]
    public void What_was_not_answered_binds_nobody()
    {
        var open = Parse("0 1 2 w5") with { Outcome = OperationOutcome.Unknown, Return = long.MaxValue };
        Assert.Empty(SessionChecker.Check([open, Parse("0 3 4 r2")]));
    }

    private static Operation<SessionStep> Parse(string text)
    {
        var parts = text.Split(' ');
        var value = parts[3].Split(':');
        return new(
            int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), "k",
            new(value[0][0] == 'w', int.Parse(value[0].AsSpan(1), System.Globalization.CultureInfo.InvariantCulture), value.Length > 1 ? value[1] : null),
            OperationOutcome.Done, int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    }
}
