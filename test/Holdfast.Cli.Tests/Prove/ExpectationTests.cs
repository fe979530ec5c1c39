using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>What undisturbed runs agree on is expected of others; the rest is noise.</summary>
public sealed class ExpectationTests
{
    private static readonly Walk Cart = FakeRuns.Walk("POST /cart", "GET /cart");

    [Fact]
    public void The_users_own_values_are_the_same_in_each_run()
    {
        var expectation = Learn(4, static (run, user) => ["{}", $$"""{"text":"Hello {{user}}","n":2}"""]);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", "{}", """{"text":"Hello other0000000","n":2}""")));
        Assert.Equal("1 $.text", Deviating(expectation, "other0000000", "{}", """{"text":"Hello stranger","n":2}"""));
        Assert.Equal("1 $.n", Deviating(expectation, "other0000000", "{}", """{"text":"Hello other0000000","n":1}"""));
        Assert.Equal("1 $.error 1 $.n", Deviating(expectation, "other0000000", "{}", """{"text":"Hello other0000000","error":"no n"}"""));
    }

    [Fact]
    public void What_differs_from_run_to_run_is_noise_but_its_kind_is_not()
    {
        var expectation = Learn(4, static (run, _) => ["{}", $$"""{"luck":{{run * 17}},"name":"n{{run}}"}"""]);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", "{}", """{"luck":1000,"name":"x"}""")));
        Assert.Equal("1 $.luck 1 $.name", Deviating(expectation, "other0000000", "{}", """{"luck":"none","name":null}"""));
        Assert.Equal(["$.luck", "$.name"], expectation.Noise.Select(static noise => noise.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("2026-11-21T08:09:15.123Z", "2026-11-21T08:09:16Z")]
    [InlineData("Sat, 21 Nov 2026 08:09:15 GMT", "Sat, 21 Nov 2026 08:09:16 GMT")]
    [InlineData("Sat Nov 21 2026 08:09:15 GMT+0000 (Coordinated Universal Time)", "Sun Nov 22 2026 08:09:15 GMT+0000 (Coordinated Universal Time)")]
    [InlineData("shown at 8:09:15 AM", "shown at 9:10 PM")]
    [InlineData("1795248555", "1795248556")]
    [InlineData("1795248555123.5", "1795248556123")]
    [InlineData("0190163d-8694-739b-aea5-966c26f8ad91", "3d813cbb-47fb-32ba-91df-831e1593ac29")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015", "a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("Zm9vYmFyMDEyMzQ1Njc4OQ", "kQ9vJ2h0b3BhcXVlMTIzNDU")]
    public void Times_and_random_values_are_known_even_where_undisturbed_runs_agree_by_chance(string always, string now)
    {
        var expectation = Learn(4, (_, _) => ["{}", $$"""{"a":"{{always}}"}"""]);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", "{}", $$"""{"a":"{{now}}"}""")));
        Assert.Equal("1 $.a", Deviating(expectation, "other0000000", "{}", """{"a":""}"""));
    }

    [Fact]
    public void A_generated_value_must_come_back_where_it_does_undisturbed()
    {
        var expectation = Learn(4, static (run, _) => [$$"""{"id":"order-{{run}}77"}""", $$"""{"last":"order-{{run}}77"}"""]);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", """{"id":"order-x99"}""", """{"last":"order-x99"}""")));
        Assert.Equal("1 $.last", Deviating(expectation, "other0000000", """{"id":"order-x99"}""", """{"last":"order-x98"}"""));
    }

    [Fact]
    public void The_name_of_an_instance_is_no_relation_between_answers()
    {
        RunReadings[] runs = [.. Enumerable.Range(0, 6).Select(static run => FakeRuns.Run(
            Cart, $"user{run}0000000", $$"""{"by":"instance-{{run / 2}}"}""", $$"""{"by":"instance-{{run / 2}}"}"""))];
        var expectation = Expectation.Learn(runs, []);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", """{"by":"instance-0"}""", """{"by":"instance-1"}""")));
    }

    [Fact]
    public void A_set_may_come_in_any_order_and_must_be_whole()
    {
        string[] orders = ["[1,2,3]", "[3,1,2]", "[2,1,3]", "[1,3,2]"];
        var expectation = Learn(4, (run, _) => ["{}", orders[run]]);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", "{}", "[3,2,1]")));
        Assert.StartsWith("1 $", Deviating(expectation, "other0000000", "{}", "[3,2,2]"), StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_list_that_others_write_to_the_runs_own_items_must_be_there()
    {
        var expectation = Learn(5, static (run, user) => ["{}", $"[{string.Join(',', Enumerable.Range(0, run).Select(static other => $"\"by x{other}\""))}{(run > 0 ? "," : "")}\"by {user}\"]"]);
        Assert.DoesNotContain(
            expectation.Check(FakeRuns.Run(Cart, "other0000000", "{}", """["by x9","by other0000000","by x8"]""")), static deviation => deviation.Path == "$");
        Assert.Contains("1 $", Deviating(expectation, "other0000000", "{}", """["by x9","by x8"]"""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_counter_must_not_give_a_number_twice()
    {
        var twice = FakeRuns.Walk("GET /n", "GET /n");
        RunReadings[] runs = [.. Enumerable.Range(0, 6).Select(run => FakeRuns.Run(twice, $"user{run}0000000", $$"""{"n":{{run * 2}}}""", $$"""{"n":{{(run * 2) + 1}}}"""))];
        var expectation = Expectation.Learn(runs, []);
        Assert.Empty(expectation.Check(FakeRuns.Run(twice, "other0000000", """{"n":201}""", """{"n":101}""")));
        Assert.NotEmpty(expectation.Check(FakeRuns.Run(twice, "other0000000", """{"n":13}""", """{"n":13}""")));
    }

    /// <summary>Two instances that have just been started give the same one out, as they do with tickets that they count.</summary>
    [Theory]
    [InlineData(true, 1, 1, 1, 1, 1)]
    [InlineData(true, 1, 1, 1, 2, 1)]
    [InlineData(false, 1, 1, 1, 1, 12)]
    [InlineData(false, 1, 2, 1, 2, 12)]
    [InlineData(false, 3, 7, 1, 4, 9)]
    public void A_number_that_time_moves_on_is_no_counter(bool isCounter, int first, int second, int third, int fourth, int slow)
    {
        var twice = FakeRuns.Walk("GET /n", "GET /n");
        int[] steps = [first, second, third, fourth];
        RunReadings[] runs = [.. steps.Select((by, run) => Run($"user{run}0000000", run * 50, by))];
        var expectation = Expectation.Learn(runs, [Run("slow00000000", 300, slow)]);
        Assert.Equal(isCounter, expectation.Check(Run("other0000000", 13, 0)).Any());

        RunReadings Run(string user, int from, int by) => FakeRuns.Run(twice, user, $$"""{"n":{{from}}}""", $$"""{"n":{{from + by}}}""");
    }

    [Fact]
    public void What_is_noise_in_the_whole_walk_is_noise_in_a_part_that_agrees_on_it()
    {
        var whole = Learn(4, static (run, user) => ["{}", $$"""{"text":"{{user}}","uptime":{{run * 17}}}"""]);
        var part = FakeRuns.Walk("POST /cart", "GET /cart");
        RunReadings[] fresh = [.. Enumerable.Range(0, 4).Select(run => FakeRuns.Run(part, $"user{run}0000000", "{}", $$"""{"text":"user{{run}}0000000","uptime":3}"""))];
        var other = FakeRuns.Run(part, "other0000000", "{}", """{"text":"nobody","uptime":4}""");
        Assert.Equal(["$.text", "$.uptime"], Paths(Expectation.Learn(fresh, []), other));
        Assert.Equal(["$.text"], Paths(Expectation.Learn(fresh, [], whole), other));
        Assert.Equal(["$.uptime"], Paths(Expectation.Learn(fresh, [], whole), FakeRuns.Run(part, "other0000000", "{}", """{"text":"other0000000"}""")));
    }

    [Fact]
    public void What_changes_with_time_in_the_whole_walk_does_so_in_a_part()
    {
        RunReadings[] runs = [.. Enumerable.Range(0, 4).Select(static run => FakeRuns.Run(Cart, $"user{run}0000000", "{}", """{"left":60}"""))];
        var whole = Expectation.Learn(runs, [FakeRuns.Run(Cart, "slow00000000", "{}", """{"left":27}""")]);
        var other = FakeRuns.Run(Cart, "other0000000", "{}", """{"left":20}""");
        Assert.NotEmpty(Expectation.Learn(runs, []).Check(other));
        Assert.Empty(Expectation.Learn(runs, [], whole).Check(other));
    }

    [Fact]
    public void What_one_of_two_runs_with_pauses_has_by_chance_is_not_changed_by_time()
    {
        RunReadings[] runs = [.. Enumerable.Range(0, 4).Select(static run => FakeRuns.Run(Cart, $"user{run}0000000", "{}", """{"likes":3}"""))];
        var (early, late) = (FakeRuns.Run(Cart, "slow00000000", "{}", """{"likes":2}"""), FakeRuns.Run(Cart, "slow00000001", "{}", """{"likes":3}"""));
        Assert.False(Expectation.Learn(runs, [early]).Leaves[(1, "$.likes")].IsFirm);
        Assert.True(Expectation.Learn(runs, [early, late]).Leaves[(1, "$.likes")].IsFirm);
    }

    [Fact]
    public void What_half_of_the_runs_agree_on_is_open()
    {
        Assert.True(Learn(6, static (run, _) => ["{}", $$"""{"n":{{(run < 3 ? 3 : 10 + run)}}}"""]).Leaves[(1, "$.n")].IsOpen);
        Assert.False(Learn(6, static (run, _) => ["{}", $$"""{"n":{{(run < 2 ? 3 : 10 + run)}}}"""]).Leaves[(1, "$.n")].IsOpen);
        Assert.False(Learn(6, static (run, _) => ["{}", $$"""{"n":{{(run < 5 ? 3 : 10 + run)}}}"""]).Leaves[(1, "$.n")].IsOpen);
    }

    [Fact]
    public void What_changes_with_time_alone_is_expected_of_no_run()
    {
        RunReadings[] runs = [.. Enumerable.Range(0, 4).Select(static run => FakeRuns.Run(Cart, $"user{run}0000000", """{"age":"0 s"}""", """{"age":"0 s"}"""))];
        var slow = FakeRuns.Run(Cart, "slow00000000", """{"age":"0 s"}""", """{"age":"1 s"}""");
        var expectation = Expectation.Learn(runs, [slow]);
        Assert.Empty(expectation.Check(FakeRuns.Run(Cart, "other0000000", """{"age":"0 s"}""", """{"age":"7 s"}""")));
        Assert.Equal("0 $.age", Deviating(expectation, "other0000000", """{"age":"7 s"}""", """{"age":"7 s"}"""));
    }

    [Fact]
    public void One_run_of_many_that_differs_lowers_what_is_sure_and_not_what_is_expected()
    {
        var expectation = Learn(8, static (run, _) => ["{}", run == 3 ? "{}" : """{"n":1}"""]);
        var leaf = expectation.Leaves[(1, "$.n")];
        Assert.Equal((true, 1, 8), (leaf.IsFirm, leaf.Misses, leaf.Runs));
        Assert.False(Learn(8, static (run, _) => ["{}", run % 2 == 0 ? "{}" : """{"n":1}"""]).Leaves[(1, "$.n")].IsFirm);
    }

    [Fact]
    public void A_mark_that_tells_of_a_cache_is_no_part_of_the_answer()
    {
        var expectation = Learn(4, static (_, _) => ["""{"cached":false}""", """{"cached":true,"fromCache":true,"cachedAt":"x"}"""]);
        Assert.Equal("1 $.cachedAt", Deviating(expectation, "other0000000", """{"cached":false}""", """{"cached":false,"fromCache":false,"cachedAt":"y"}"""));
    }

    private static Expectation Learn(int runs, Func<int, string, string[]> bodies) =>
        Expectation.Learn([.. Enumerable.Range(0, runs).Select(run => FakeRuns.Run(Cart, $"user{run}0000000", bodies(run, $"user{run}0000000")))], []);

    private static string[] Paths(Expectation expectation, RunReadings run) => [.. expectation.Check(run).Select(static deviation => deviation.Path).Order(StringComparer.Ordinal)];

    private static string Deviating(Expectation expectation, string unique, params string[] bodies) =>
        string.Join(' ', expectation.Check(FakeRuns.Run(Cart, unique, bodies)).Select(static deviation => $"{deviation.Ordinal} {deviation.Path}").Order(StringComparer.Ordinal));
}
