using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Topologies;

public sealed class TopologyParserTests
{
    [Fact]
    public void A_topology_is_read_with_every_key()
    {
        var topology = Good("""
            state: redis://:secret@127.0.0.1:6379/2
            gateway: { port: 9090, replicas: 2 }
            services:
              shop:
                build: make
                run: node shop.js
                replicas: 3
                health: /healthz
                routes: [ /, /api/ ]
                gateway: { balance: hash cookie user, sticky: [ /live, /chat ], deadline: 2s }
                env: { COLOUR: blue, EMPTY: }
                drain: 2m
            """);
        Assert.Equal("redis://:secret@127.0.0.1:6379/2", topology.State);
        Assert.Equal((9090, 2), (topology.Gateway.Port, topology.Gateway.Replicas));
        var shop = Assert.Single(topology.Services);
        Assert.Equal(("shop", "make", "node shop.js", 3, "/healthz"), (shop.Name, shop.Build, shop.Run, shop.Replicas, shop.Health));
        Assert.Equal(["/", "/api"], shop.Routes);
        Assert.Equal(TimeSpan.FromMinutes(2), shop.Drain);
        Assert.Equal(new Dictionary<string, string> { ["balance"] = "hash cookie user", ["sticky"] = "/live /chat", ["deadline"] = "2s" }, shop.Gateway);
        Assert.Equal(new Dictionary<string, string> { ["COLOUR"] = "blue", ["EMPTY"] = "" }, shop.Environment);
    }

    [Fact]
    public void What_is_left_out_has_defaults()
    {
        var topology = Good("""
            services:
              shop: { run: node shop.js }
            """);
        Assert.Equal(("embedded", 8080, 1), (topology.State, topology.Gateway.Port, topology.Gateway.Replicas));
        var shop = Assert.Single(topology.Services);
        Assert.Equal((null, 1, "/"), (shop.Build, shop.Replicas, shop.Health));
        Assert.Equal(["/"], shop.Routes);
    }

    [Fact]
    public void Settings_for_the_gateway_are_checked_all_at_once()
    {
        var (_, problems) = TopologyParser.Parse("/x/holdfast.yaml", """
            services:
              shop:
                run: node shop.js
                gateway:
                  balance: best
                  qeue: 5
                  timeout: soon
            """);

        Assert.Equal([6, 5, 7], problems.Select(static problem => problem.Line));
        Assert.Contains("'queue'", problems[0].Message);
        Assert.Contains("round-robin", problems[1].Message);
        Assert.Contains("30s", problems[2].Message);
    }

    [Fact]
    public void Every_error_is_reported_with_its_line_and_what_helps()
    {
        var (_, problems) = TopologyParser.Parse("/x/holdfast.yaml", """
            state: mongodb://somewhere
            gatway: { port: 80 }
            gateway: { port: 99999, replicas: 0, prot: 1 }
            services:
              Shop!:
                run: node shop.js
              cart:
                biuld: make
                replicas: 65
                health: healthz
                routes: [ /cart, cart ]
              blog:
                run: [ node, blog.js ]
                routes: /cart
                env: { PORT: 1, "a b": c, LIST: [ 1 ] }
              list: [ 1 ]
            """);
        (int Line, string Says)[] expected =
        [
            (1, "state is embedded, or the URL of a store"),
            (2, "the topology has no key 'gatway': did you mean 'gateway'?"),
            (3, "port is a whole number from 0 to 65535, not '99999'"),
            (3, "replicas is a whole number from 1 to 16, not '0'"),
            (3, "gateway has no key 'prot': did you mean 'port'?"),
            (5, "lower-case letters, digits and dashes"),
            (7, "service cart has no run"),
            (8, "service cart has no key 'biuld': did you mean 'build'?"),
            (9, "replicas is a whole number from 1 to 64, not '65'"),
            (10, "health is a path such as /healthz, not 'healthz'"),
            (11, "a route is a path such as /shop, not 'cart'"),
            (13, "run is one line of text, not a list"),
            (14, "route /cart is taken by service cart in line 11"),
            (15, "PORT is set by holdfast"),
            (15, "'a b' can't be the name of an environment variable"),
            (15, "LIST is one line of text, not a list"),
            (16, "service list is a mapping of keys to values, not a list"),
        ];
        foreach (var (line, says) in expected)
        {
            Assert.Contains(problems, problem => problem.Line == line && problem.Message.Contains(says, StringComparison.Ordinal));
        }

        Assert.Equal(expected.Length, problems.Count);
    }

    [Theory]
    [InlineData("", 1, "one document, not 0")]
    [InlineData("services: {}\n---\nservices: {}", 1, "one document, not 2")]
    [InlineData("services:\n  a: [\n    run: x\n  b: {}", 3, "this is not YAML")]
    [InlineData("- a\n- b", 1, "a topology is one mapping")]
    [InlineData("state: embedded", 1, "there are no services")]
    [InlineData("state: embedded\nservices: {}", 2, "there are no services")]
    [InlineData("state: embedded\nservices:", 2, "services is a mapping")]
    [InlineData("services:\n  a: { run: x }\n  b: { run: y }", 3, "service b has no routes, which means [ / ], and service a has that in line 2")]
    [InlineData("services:\n  a:\n    run: 'x", 3, "this is not YAML")]
    [InlineData("services:\n  a: { run: x }\n  a: { run: x }", 3, "this is not YAML")]
    [InlineData("services:\n  a:\n\trun: x", 3, "this is not YAML")]
    [InlineData("state: redis://\nservices:\n  a: { run: x }", 1, "write redis://host:port")]
    [InlineData("state: postgres://db\nservices:\n  a: { run: x }", 1, "no PostgreSQL")]
    [InlineData("services:\n  gateway: { run: x }", 2, "a service can't be called gateway")]
    [InlineData("services:\n  a:\n    run: x\n    drain: 2 hours", 4, "drain is a time such as 30s or 2m, from 0s to 3600s, not '2 hours'")]
    [InlineData("services:\n  a:\n    run: x\n    replicas: { min: 2, target: { cpu: 50% } }", 4, "replicas has no max: write { min: 1, max: 4, target: { cpu: 70% } }")]
    [InlineData("services:\n  a:\n    run: x\n    replicas: { min: 3, max: 2, target: { cpu: 50% } }", 4, "max is 2, less than min, which is 3")]
    [InlineData("services:\n  a:\n    run: x\n    replicas: { min: 1, max: 2, target: { cpu: 50%, latency: 1s } }", 4, "target of replicas is one of cpu, requests_per_instance and latency, not 2")]
    [InlineData("services:\n  a:\n    run: x\n    replicas: { min: 1, max: 2, target: { cpu: 50 } }", 4, "cpu is a part of the processors that an instance may use, from 1% to 100%, not '50'")]
    [InlineData("services:\n  a:\n    run: x\n    replicas: { min: 1, max: 2, target: { latency: 2h } }", 4, "latency is the time for 95 of 100 requests, from 1ms to 60s, not '2h'")]
    [InlineData("services:\n  a:\n    run: x\n    replicas: { min: 1, max: 2, target: { requests_per_instance: many } }", 4, "requests_per_instance is a number of requests a second")]
    [InlineData("state:\nservices:\n  a: { run: x }", 1, "state is empty")]
    [InlineData("services:\n  a:\n    run: ''", 3, "run is empty")]
    [InlineData("services:\n  a:\n    run: x\n    limits: { memory: 2G, process_memory: 1G }", 4, "process_memory is 1G, and memory 2G")]
    [InlineData("services:\n  a:\n    run: x\n    routes: [ //x ]", 4, "a route is a path")]
    [InlineData("services:\n  a:\n    run: x\n    routes: [ [ / ] ]", 4, "each item of routes is text")]
    public void A_file_with_one_error_is_told_that_one(string text, int line, string says)
    {
        var problem = Assert.Single(TopologyParser.Parse("/x/holdfast.yaml", text).Problems);
        Assert.Equal(line, problem.Line);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_told_and_not_followed()
    {
        var problem = Assert.Single(TopologyParser.Parse("/x/holdfast.yaml", "services:\n  a: " + new string('[', 100_000)).Problems);
        Assert.Equal(2, problem.Line);
    }

    [Fact]
    public void Every_beginning_of_a_file_is_a_topology_or_told_what_is_wrong()
    {
        const string text = "state: &a embedded\ngateway: { port: 0, \"replicas\": 1 }\nservices:\n  a: { run: |\n x }\n  b:\n    run: >-\n      y z\n    routes: [ /b, 'c' ]\n    env: *a\n";
        for (var length = 0; length <= text.Length; length++)
        {
            Assert.NotEmpty(TopologyParser.Parse("/x/holdfast.yaml", text[..length]).Problems);
        }
    }

    [Theory]
    [InlineData("cpu: 70%", ScalingMeasure.Cpu, 0.7)]
    [InlineData("requests_per_instance: 12.5", ScalingMeasure.RequestsPerInstance, 12.5)]
    [InlineData("latency: 250ms", ScalingMeasure.Latency, 0.25)]
    public void A_service_may_scale_itself(string target, object measure, double value)
    {
        var service = Assert.Single(Good($"services:\n  a: {{ run: x, replicas: {{ min: 2, max: 6, target: {{ {target} }} }} }}").Services);
        Assert.Equal((2, new ScalingTopology(2, 6, (ScalingMeasure)measure, value)), (service.Replicas, service.Scaling));
    }

    [Fact]
    public void Services_may_have_no_routes()
    {
        var topology = Good("""
            services:
              a: { run: x }
              b: { run: y, routes: [] }
            """);
        Assert.Empty(topology.Services[1].Routes);
    }

    private static Topology Good(string text)
    {
        var (topology, problems) = TopologyParser.Parse("/x/holdfast.yaml", text);
        Assert.Empty(problems);
        return topology;
    }
}
