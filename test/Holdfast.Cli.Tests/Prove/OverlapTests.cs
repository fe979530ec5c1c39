using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>Which requests of a walk can be sent at once.</summary>
public sealed class OverlapTests
{
    [Theory]
    [InlineData("", "GET /", "POST /cart", "GET /cart")]
    [InlineData("1,2,3", "GET /", "POST /cart", "POST /cart", "POST /cart", "GET /cart")]
    [InlineData("0,1", "POST /cart", "POST /cart", "POST /order", "GET /cart")]
    [InlineData("", "GET /", "GET /", "POST /cart")]
    [InlineData("", "GET /", "POST /cart", "POST /cart")]
    public void Writes_to_one_path_in_a_row_that_something_follows(string group, params string[] requests)
    {
        var groups = Overlap.GroupsOf(FakeRuns.Walk(requests));
        Assert.Equal(group, groups.Count == 0 ? "" : string.Join(',', groups[0].Select(static request => request.Ordinal)));
    }

    [Fact]
    public void What_a_request_needs_of_another_one_is_waited_for()
    {
        var first = StepOf("POST", "/items") with { Captures = [new Capture("id", CaptureSource.Json, "$.id")] };
        var second = StepOf("POST", "/items") with { Body = new TextBody(new Template("{{id}}")) };
        Assert.Empty(Overlap.GroupsOf(Walk.Of(new Scenario([first, second, StepOf("GET", "/items")]))));
    }

    [Fact]
    public void What_the_scenario_sends_concurrently_comes_first()
    {
        var walk = Walk.Of(new Scenario([StepOf("POST", "/a") with { Times = 2 }, StepOf("PUT", "/b") with { Concurrently = 3 }, StepOf("GET", "/b")]));
        Assert.Equal([2, 3, 4], Overlap.GroupsOf(walk)[0].Select(static request => request.Ordinal));
    }

    [Fact]
    public void Only_the_group_is_sent_at_once()
    {
        var walk = FakeRuns.Walk("POST /login", "POST /cart", "POST /cart", "GET /cart");
        var overlap = Overlap.Of(walk, Overlap.GroupsOf(walk)[0]);
        Assert.Equal([false, true, true, false], overlap.Walk.Requests.Select(overlap.Contains));
        Assert.Equal([1, 2, 2, 1], overlap.Walk.Requests.Select(request => overlap.Walk.Requests.Count(other => other.Group == request.Group)));
        Assert.Equal(["POST /login", "GET /cart"], overlap.Without.Requests.Select(static request => request.Step.Request));
    }

    private static Step StepOf(string method, string path) => new() { Line = 1, Method = method, Path = new Template(path) };
}
