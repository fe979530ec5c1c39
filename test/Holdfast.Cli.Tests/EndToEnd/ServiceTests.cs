using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>What a topology says of a service's processes: who starts first, what they find, and what they may take.</summary>
public sealed class ServiceTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly HttpClient Client = new();

    [Fact]
    public async Task Who_needs_others_starts_after_them_and_ends_before_them()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, needs: [ api ] }
              api: { run: node server.js, routes: /api }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web, api are ready at ");
        tool.Signal("TERM");
        Assert.Equal(0, await tool.EndAsync());
        AssertInOrder(tool, "web waits for api", "api-1 is ready", "web-1     | listening");
        AssertInOrder(tool, "api-1 is ready", "web-1 is ready", "web-1 has stopped", "api-1 has stopped");
    }

    [Fact]
    public async Task Secrets_reach_the_instance_and_are_shown_nowhere()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web:
                run: 'echo "it is $TOKEN"; node server.js'
                build: 'echo "build sees [$TOKEN] and $COLOUR"'
                env_file: web.env
                secrets: { TOKEN: token }
            """);
        folder.Write("web.env", "COLOUR=red\n");
        folder.Write("token", "open sesame\n");
        File.SetUnixFileMode(Path.Combine(folder.Path, "token"), OwnerOnly);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var status = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal("open sesame", await Client.GetStringAsync(status.Instance("web-1").Url() + "/env/TOKEN"));
        Assert.Equal("red", await Client.GetStringAsync(status.Instance("web-1").Url() + "/env/COLOUR"));

        await tool.SeeAsync("it is ***");
        await tool.SeeAsync("build sees [] and red");
        Assert.DoesNotContain(tool.Left(), static line => line.Contains("sesame", StringComparison.Ordinal));
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "down"));
        Assert.DoesNotContain("sesame", tool.Output, StringComparison.Ordinal);
        Assert.All(
            Directory.GetFiles(Path.Combine(folder.Path, ".holdfast/logs")),
            static file => Assert.DoesNotContain("sesame", File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Limits_hold_for_processors_open_files_and_memory()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, replicas: 2, limits: { memory: 200M, cpu: 1, open_files: 512, process_memory: 2G } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var status = await HoldfastTool.StatusAsync(folder.Path);
        foreach (var instance in status.Instances())
        {
            Assert.Matches(@"Max open files +512 +512 ", await File.ReadAllTextAsync($"/proc/{instance.Pid()}/limits"));
            Assert.Matches(@"Max data size +2147483648 +2147483648 ", await File.ReadAllTextAsync($"/proc/{instance.Pid()}/limits"));
            Assert.Equal(Score("self") + 500, Score($"{instance.Pid()}"));
            Assert.Matches(@"Cpus_allowed_list:\t\d+\n", await File.ReadAllTextAsync($"/proc/{instance.Pid()}/status"));
        }

        Assert.All(status.GatewayPids(), static gateway => Assert.Equal(Score("self"), Score($"{gateway}")));
        Assert.DoesNotContain("takes a cgroup", tool.Output, StringComparison.Ordinal);
        var seen = tool.Lines.Count;
        Assert.Equal("taken", await Client.GetStringAsync(status.Instance("web-1").Url() + "/take/250"));
        await tool.SeeAsync("more than its limit of 200M: once another one serves in its place it gets no new requests, and is started again once it has none", seen);
        await tool.SeeAsync("web-3 is ready at ", seen);
        await tool.SeeAsync("MiB of memory, more than its limit of 200M; restarted at once", seen);
        await tool.SeeAsync("web-1 is ready at ", seen);
        await tool.SeeAsync("web-3 has stopped", seen);
        string[] lines = [.. tool.Lines.Skip(seen)];
        Assert.True(
            Array.FindIndex(lines, static line => line.Contains("web-3 is ready at ", StringComparison.Ordinal))
            < Array.FindIndex(lines, static line => line.Contains("restarted at once", StringComparison.Ordinal)));
        Assert.False(HoldfastTool.IsRunning(status.Instance("web-1").Pid()));
        Assert.Equal(status.Instance("web-2").Pid(), (await HoldfastTool.StatusAsync(folder.Path)).Instance("web-2").Pid());
    }

    [Fact]
    public async Task Limits_that_can_not_be_had_are_told_before_anything_starts()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web:
                run: node server.js
                limits:
                  memory: 1M
                  process_memory: 8G
                  cpu: 0.5
                  open_files: 1048576
                  disk: 1G
            logs: { size: 1, keep: many }
            """);

        // As for a user whose hard limit is lower than what the file asks for.
        var (code, output) = await RunLimitedAsync(folder.Path);
        Assert.Equal(1, code);
        string[] expected =
        [
            "holdfast.yaml:6: memory is a number of bytes",
            "holdfast.yaml:7: process_memory is 8G, and this user's processes may have 4G at most",
            "holdfast.yaml:8: cpu is a whole number of processors from 1 to 1024, not '0.5': a part of one takes a cgroup",
            "holdfast.yaml:9: open_files is 1048576, and this user's processes may have 8192 at most",
            "holdfast.yaml:10: limits has no key 'disk'",
            "holdfast.yaml:11: size is a number of bytes",
            "holdfast.yaml:11: keep is a whole number from 0 to 100, not 'many'",
        ];
        Assert.All(expected, text => Assert.Contains(text, output, StringComparison.Ordinal));
        Assert.Equal(expected.Length, output.Trim().Split('\n').Length);
    }

    [Fact]
    public async Task What_the_kernel_does_not_limit_is_told_and_a_process_that_takes_more_than_it_may_have_ends_alone()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, limits: { memory: 1G } }
              api: { run: node server.js, routes: /take, limits: { process_memory: 1G } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("takes a cgroup. What a process may take in between is bounded by process_memory");
        await tool.SeeAsync("web, api are ready at ");
        var before = await HoldfastTool.StatusAsync(folder.Path);

        Assert.Equal("taken", await Client.GetStringAsync(before.GatewayUrl() + "/take/1500"));

        await tool.SeeAsync("api-1     | RangeError: Array buffer allocation failed");
        await tool.SeeAsync("api-1 ended (exit code 1); restarted at once");
        var after = await tool.StatusWhenAsync(static status => status.Instance("api-1").State() == "ready");
        Assert.Equal(before.Instance("web-1").Pid(), after.Instance("web-1").Pid());
    }

    /// <summary>How soon a process is ended when the machine is out of memory.</summary>
    private static int Score(string process) => int.Parse(File.ReadAllText($"/proc/{process}/oom_score_adj"), CultureInfo.InvariantCulture);

    private static async Task<(int Code, string Output)> RunLimitedAsync(string folder)
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", "ulimit -n 8192; ulimit -d 4194304; exec dotnet \"$1\" up 2>&1", "sh", HoldfastTool.Path])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, output);
    }

    private static void AssertInOrder(HoldfastTool tool, params string[] texts)
    {
        var lines = tool.Lines.ToList();
        int[] order = [.. texts.Select(text => lines.FindIndex(line => line.Contains(text, StringComparison.Ordinal)))];
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
    }
}
