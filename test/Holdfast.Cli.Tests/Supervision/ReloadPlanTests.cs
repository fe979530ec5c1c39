using Holdfast.Cli.Supervision;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Supervision;

public sealed class ReloadPlanTests
{
    private const string Before = """
        services:
          api: { run: x, routes: [ /api, /one ] }
          web: { run: x, routes: [ /, /two ] }
        """;

    [Fact]
    public void Paths_move_between_services_that_run_and_stay()
    {
        var plan = PlanOf(Before, """
            services:
              api: { run: x, routes: [ /api, /two/ ] }
              web: { run: x, routes: [ /, /one ] }
              other: { run: x, routes: [ /other ] }
            """);

        Assert.Null(plan.Refusal());
        Assert.Equal([("api", "/api /two"), ("web", "/ /one")], plan.Changed.Select(static service => (service.Name, string.Join(' ', service.Routes))));
        Assert.Equal(["other is new, and starts when the topology is started again"], plan.Left());
    }

    [Theory]
    [InlineData("api: { run: x, routes: [ /api, /one, /two/ ] }", "/two")]
    [InlineData("api: { run: x, routes: [ /api, /one, /two, / ] }", "/, /two")]
    [InlineData("api: { run: x, routes: [ /api ] }\n  web: { run: x, routes: [ / ] }\n  other: { run: x, routes: [ /one/, /two, /more ] }", "/one, /two")]
    [InlineData("web: { run: x, routes: [ /, /two, /api ] }", "/api")]
    public void A_path_that_would_go_to_or_from_a_service_that_only_a_new_start_brings_or_ends_is_refused(string services, string paths) =>
        Assert.StartsWith(
            $"nothing was changed: {paths} would go to or from a service that only a new start brings or ends", PlanOf(Before, $"services:\n  {services}").Refusal(), StringComparison.Ordinal);

    [Fact]
    public void A_service_under_another_name_changes_nothing_until_it_is_started()
    {
        var plan = PlanOf(Before, Before.Replace("web:", "shop:", StringComparison.Ordinal));

        Assert.Null(plan.Refusal());
        Assert.Empty(plan.Changed);
        Assert.Equal(2, plan.Left().Count());
    }

    [Fact]
    public void What_else_the_file_says_otherwise_is_told()
    {
        var plan = PlanOf(Before, """
            state: redis://127.0.0.1:7000
            logs: { keep: 2 }
            gateway: { drain: 5s }
            services:
              api: { run: y, routes: [ /api, /one ], build: make, health: /healthz, needs: web }
              web: { run: x, routes: [ /, /two ], replicas: 3, drain: 5s }
            """);

        Assert.Null(plan.Refusal());
        Assert.Empty(plan.Changed);
        Assert.Equal(
            [
                "api is to be built in another way: 'holdfast roll api' does that",
                "api is to be started in another way: 'holdfast roll api' does that",
                "the health path of api changes when the topology is started again",
                "what api needs changes when the topology is started again",
                "web is to be drained for another time: 'holdfast roll web' does that",
                "the number of instances of web stays: 'holdfast scale web 3' changes it",
                "what the gateways are started with changes when the topology is started again",
                "the state plane changes when the topology is started again",
                "how much is kept of logs changes when the topology is started again",
            ],
            plan.Left());
    }

    [Fact]
    public void What_only_stands_in_other_lines_is_no_change() => Assert.Empty(PlanOf($"gateway: {{ port: 0 }}\n{Before}", $"\n\ngateway:\n  port: 0\n{Before}").Left());

    private static ReloadPlan PlanOf(string before, string now)
    {
        var started = Parse(before);
        return new ReloadPlan(started, started.Services, Parse(now));
    }

    private static Topology Parse(string text)
    {
        var (topology, problems) = TopologyParser.Parse("/x/holdfast.yaml", text);
        Assert.Empty(problems);
        return topology;
    }
}
