using System.Net;
using System.Net.Sockets;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>Topologies that can't run: all errors at once, and nothing left running.</summary>
public sealed class BadTopologyTests
{
    [Fact]
    public async Task All_errors_are_told_at_once_with_their_lines_those_found_by_probing_included()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        using var folder = new TopologyFolder($$"""
            gateway:
              port: {{port}}
              replica: 2
            services:
              a: { run: no-such-command --fast, routes: /a }
              b: { run: ./missing, routes: /b }
              c: { run: ./server.js, routes: /c }
              d: { build: no-such-build, run: ./made-by-the-build, routes: /d }
              e: { routes: /e }
            """);
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "up");
        Assert.Equal(1, code);
        string[] expected =
        [
            $"holdfast.yaml:2: port {port} is in use by",
            $"(pid {Environment.ProcessId})",
            "holdfast.yaml:3: gateway has no key 'replica': did you mean 'replicas'?",
            "holdfast.yaml:5: command no-such-command was not found",
            "holdfast.yaml:6: command ./missing is not there",
            "holdfast.yaml:7: command ./server.js is not executable",
            "holdfast.yaml:8: command no-such-build was not found",
            "holdfast.yaml:9: service e has no run",
        ];
        Assert.All(expected, text => Assert.Contains(text, output, StringComparison.Ordinal));
        Assert.Equal(7, output.Split('\n').Length);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, ".holdfast")));
    }

    [Fact]
    public async Task A_service_that_never_becomes_healthy_ends_the_topology_and_says_why()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, routes: / }
              deaf: { run: echo I am deaf; sleep 7000, routes: /deaf }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up", "--ready-timeout", "25");
        Assert.Equal(1, await tool.EndAsync());
        Assert.Contains("deaf-1 was not ready within 25 s: nothing listens on port", tool.Output, StringComparison.Ordinal);
        Assert.Contains("    I am deaf", tool.Output, StringComparison.Ordinal);
        await tool.LeavesNothingAsync();
    }

    [Fact]
    public async Task A_health_path_that_answers_with_an_error_is_told()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node sick.js, health: /healthz }
            """);
        folder.Write("sick.js", "require('http').createServer((_, response) => response.writeHead(500).end()).listen(+process.env.PORT, '127.0.0.1')");
        await using var tool = HoldfastTool.Start(folder.Path, "up", "--ready-timeout", "25");
        Assert.Equal(1, await tool.EndAsync());
        Assert.Contains("answers 500, so have it answer 2xx or 3xx", tool.Output, StringComparison.Ordinal);
        await tool.LeavesNothingAsync();
    }

    [Fact]
    public async Task A_command_that_ends_at_once_is_given_up_with_its_last_lines()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: "echo first; echo last >&2; exit 5" }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        Assert.Equal(1, await tool.EndAsync());
        Assert.Contains("holdfast: web-1 ended before it was ready (exit code 5); its last lines:\n    first\n    last", tool.Output, StringComparison.Ordinal);
        await tool.LeavesNothingAsync();
    }

    [Fact]
    public async Task A_build_runs_once_before_the_instances_and_its_failure_ends_the_topology()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { build: "echo one $COLOUR build >> built; cp server.js made.js", run: node made.js, replicas: 2, env: { COLOUR: red } }
            """);
        await using (var tool = HoldfastTool.Start(folder.Path, "up"))
        {
            await tool.SeeAsync("web is ready at ");
            Assert.Equal("one red build\n", folder.Read("built"));
        }

        folder.Write("holdfast.yaml", "gateway: { port: 0 }\nservices:\n  web: { build: 'echo broken; exit 6', run: node server.js }");
        await using var failing = HoldfastTool.Start(folder.Path, "up");
        Assert.Equal(1, await failing.EndAsync());
        Assert.Contains("web build | broken", failing.Output, StringComparison.Ordinal);
        Assert.Contains("holdfast: the build of web failed (exit code 6)", failing.Output, StringComparison.Ordinal);
        await failing.LeavesNothingAsync();
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_told_at_start()
    {
        using var folder = new TopologyFolder($"state: redis://:sesame@127.0.0.1:{FreePort.Next()}\n{TopologyFolder.TwoInstances}");
        await using var tool = HoldfastTool.Start(folder.Path, "up");

        // It is tried for 20 s.
        Assert.Equal(1, await tool.EndAsync(TimeSpan.FromSeconds(250)));
        Assert.Contains("holdfast: the state plane redis://127.0.0.1:", tool.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", tool.Output, StringComparison.Ordinal);
        await tool.LeavesNothingAsync();
    }
}
