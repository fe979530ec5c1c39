using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>What is tried where nothing simpler was found, and the ways in which the tool is used besides <c>--run</c>.</summary>
public sealed class ProveArmsTests
{
    [Fact]
    public async Task An_update_that_is_lost_is_a_finding_and_no_state()
    {
        using var folder = new ProvedFolder();
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("racy"));
        Assert.Equal((0, "stateless"), (outcome.Code, outcome.Verdict));
        Assert.Equal(["lost-update"], outcome.Kinds);
        Assert.Contains("at once with others", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" &\n", outcome.Findings[0].GetProperty("script").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_next_build_that_does_not_read_what_this_one_writes_is_found()
    {
        using var folder = new ProvedFolder();
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("shared", "--run-next", "node app.js next"));
        Assert.Equal((1, "stateful"), (outcome.Code, outcome.Verdict));
        var finding = Assert.Single(outcome.Findings);
        Assert.Equal(["deploy"], finding.GetProperty("arms").EnumerateArray().Select(static arm => arm.GetString()));
        Assert.Contains("one build does not understand", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_next_build_that_differs_in_nothing_is_no_finding()
    {
        using var folder = new ProvedFolder();
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("shared", "--run-next", "node app.js shared"));
        Assert.Equal((0, "stateless"), (outcome.Code, outcome.Verdict));
        Assert.NotEqual(0, outcome.Json.GetProperty("arms").GetProperty("deploy").GetProperty("runs").GetInt32());
    }

    [Fact]
    public async Task A_topology_says_what_is_proved()
    {
        using var folder = new ProvedFolder();
        folder.Write("app/holdfast.yaml", $"scenario: ../scenario.yaml\nservices:\n  shop: {{ run: node app.js shared, env: {{ SHARED: {folder.Shared} }} }}");
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveWithAsync("app"));
        Assert.Equal((0, "stateless"), (outcome.Code, outcome.Verdict));
    }

    [Theory]
    [InlineData("services:\n  shop: { run: node app.js }", "has no scenario")]
    [InlineData("scenario: s.yaml\nservices:\n  a: { run: node app.js, routes: [] }\n  b: { run: node app.js, routes: [] }", "move scenario into the one that it uses")]
    [InlineData("services:\n  a: { run: node app.js, scenario: s.yaml, routes: [] }\n  b: { run: node app.js, scenario: s.yaml, routes: [] }", "name one with --service, a or b")]
    public async Task A_topology_that_does_not_say_it_is_told_so(string topology, string problem)
    {
        using var folder = new ProvedFolder();
        folder.Write("holdfast.yaml", topology);
        await using var tool = folder.Tool(".");
        Assert.Equal(2, await tool.EndAsync());
        Assert.Contains(problem, tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_does_is_recorded_and_proved_by()
    {
        using var folder = new ProvedFolder();
        await using (var tool = folder.Tool("--run", "node app.js memory", "--folder", "app", "--env", $"SHARED={folder.Shared}", "--record", "recorded.yaml"))
        {
            var line = await tool.SeeAsync("use the application at ");
            var url = line.Split("at ")[1].Split(',')[0];
            using var browser = new HttpClient { BaseAddress = new Uri(url) };
            await PostAsync(browser, "login", """{"user":"ada"}""");
            await PostAsync(browser, "cart", """{"sku":"a"}""");
            Assert.Contains("\"cart\":[\"a\"]", await browser.GetStringAsync("cart"), StringComparison.Ordinal);
            tool.Signal("INT");
            Assert.Equal(0, await tool.EndAsync());
            await tool.LeavesNothingAsync();
        }

        var outcome = await ProvedFolder.SureAsync(() =>
            folder.ProveWithAsync("--run", "node app.js memory", "--folder", "app", "--env", $"SHARED={folder.Shared}", "--scenario", "recorded.yaml"));
        Assert.Equal(["process-memory"], outcome.Kinds);
    }

    [Fact]
    public async Task The_stores_are_reset_ahead_of_each_arm()
    {
        using var folder = new ProvedFolder();
        var resets = Path.Combine(folder.Shared, "resets");
        var outcome = await ProvedFolder.SureAsync(() =>
        {
            File.Delete(resets);
            return folder.ProveAsync("shared", "--reset", $"echo reset >> {resets}");
        });
        Assert.True(outcome is { Code: 0, Verdict: "stateless" }, outcome.Output);
        Assert.InRange(File.ReadAllLines(resets).Length, 5, 8);
    }

    [Fact]
    public async Task A_reset_that_fails_ends_the_proof_with_its_last_lines()
    {
        using var folder = new ProvedFolder();
        var outcome = await folder.ProveAsync("shared", "--reset", "echo no such store; exit 3");
        Assert.Equal((2, "inconclusive"), (outcome.Code, outcome.Verdict));
        Assert.Contains("the reset failed (exit code 3)", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("no such store", outcome.Reason, StringComparison.Ordinal);
    }

    private static async Task PostAsync(HttpClient browser, string path, string json)
    {
        using var answer = await browser.PostAsync(path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
        answer.EnsureSuccessStatusCode();
    }
}
