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

    private static string Deviating(Expectation expectation, string unique, params string[] bodies) =>
        string.Join(' ', expectation.Check(FakeRuns.Run(Cart, unique, bodies)).Select(static deviation => $"{deviation.Ordinal} {deviation.Path}").Order(StringComparer.Ordinal));
}
