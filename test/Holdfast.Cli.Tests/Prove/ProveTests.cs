namespace Holdfast.Cli.Tests.Prove;

/// <summary>Real proofs of a small real application.</summary>
public sealed class ProveTests
{
    [Theory]
    [InlineData("memory", "process-memory")]
    [InlineData("disk", "local-disk")]
    [InlineData("home", "local-disk")]
    [InlineData("late", "unflushed-write")]
    [InlineData("cache", "per-instance-cache")]
    [InlineData("secret", "per-instance-secret")]
    public async Task A_stateful_application_is_found_out_and_the_cause_is_named(string mode, string kind)
    {
        using var folder = new ProvedFolder();
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync(mode));
        Assert.Equal((1, "stateful"), (outcome.Code, outcome.Verdict));
        Assert.Equal([kind], outcome.Kinds);
        var smallest = outcome.Findings[0].GetProperty("smallest").EnumerateArray().ToArray();
        Assert.InRange(smallest.Length, 2, 3);
        Assert.Contains($"{kind} (", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stateless_application_is_stateless_however_noisy_it_is()
    {
        using var folder = new ProvedFolder();
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("shared"));
        Assert.Equal((0, "stateless"), (outcome.Code, outcome.Verdict));
        Assert.Empty(outcome.Findings);
        var noise = outcome.Json.GetProperty("noise").EnumerateArray().Select(static noise => noise.GetProperty("field").GetString()).ToArray();
        Assert.Superset(new HashSet<string?> { "$.now", "$.luck", "$.pid", "header.x-by", "$.nonce" }, noise.ToHashSet());
        Assert.All((string[])["control", "rotate", "restart", "kill"], arm =>
            Assert.NotEqual(0, outcome.Json.GetProperty("arms").GetProperty(arm).GetProperty("runs").GetInt32()));
        Assert.NotEqual(0, outcome.Json.GetProperty("timings").GetProperty("recoverMs").GetInt32());
    }

    [Fact]
    public async Task With_a_shared_folder_files_are_shared()
    {
        using var folder = new ProvedFolder();
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("disk", "--shared-folder"));
        Assert.Equal((0, "stateless"), (outcome.Code, outcome.Verdict));
    }

    [Fact]
    public async Task A_counter_in_memory_is_found_though_each_run_begins_elsewhere()
    {
        using var folder = new ProvedFolder("steps: [ { request: GET /visits, times: 3 } ]");
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("memory"));
        Assert.True(outcome.Kinds is ["process-memory"], outcome.Output);
        Assert.Equal("$.visits", outcome.Findings[0].GetProperty("field").GetString());
    }

    [Fact]
    public async Task An_application_that_fails_by_itself_proves_nothing()
    {
        using var folder = new ProvedFolder();
        var outcome = await folder.ProveAsync("flaky");
        Assert.Equal((2, "inconclusive"), (outcome.Code, outcome.Verdict));
        Assert.Empty(outcome.Findings);
        Assert.Contains("does not always answer with the same status", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scenario_that_reads_nothing_that_it_writes_proves_nothing()
    {
        using var folder = new ProvedFolder("steps: [ { request: POST /login, json: { user: a } }, { request: GET / } ]");
        var outcome = await folder.ProveAsync("memory");
        Assert.Equal((2, "inconclusive"), (outcome.Code, outcome.Verdict));
        Assert.Contains("writes nothing that it reads", outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("broken", "ended before it was ready (exit code 3); its last lines:\n    no such module")]
    [InlineData("deaf", "have its command listen on 127.0.0.1:$PORT")]
    [InlineData("failing", "answers every request of the scenario with an error (5xx)")]
    public async Task An_application_that_does_not_work_is_named_and_proves_nothing(string mode, string reason)
    {
        // Whoever never listens is not waited for longer than a test has to.
        using var folder = new ProvedFolder();
        var outcome = await folder.ProveAsync(mode, "--ready-timeout", mode == "deaf" ? "2" : "600");
        Assert.Equal((2, "inconclusive"), (outcome.Code, outcome.Verdict));
        Assert.Contains(reason, outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_told_to_be()
    {
        using var folder = new ProvedFolder("steps: [ { request: POST /cart, json: { sku: a } }, { request: GET /cart } ]");
        var outcome = await folder.ProveAsync("memory");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("begin the scenario with a sign-in", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_step_expects_and_does_not_get_is_told_with_its_line()
    {
        using var folder = new ProvedFolder("steps:\n  - request: POST /login\n    json: { user: a }\n  - request: GET /cart\n    expect: { status: 204 }");
        var outcome = await folder.ProveAsync("memory");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("line 4: GET /cart answers 200 OK and not 204", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scenario_with_errors_is_told_with_every_line_and_starts_nothing()
    {
        using var folder = new ProvedFolder("steps:\n  - request: GET\n  - requst: GET /");
        var outcome = await folder.ProveAsync("memory");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("scenario.yaml:2: ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("scenario.yaml:3: ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("starting", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_c_leaves_nothing_behind_and_tells_what_is_known()
    {
        using var folder = new ProvedFolder();
        await using var tool = folder.Start("shared");
        await tool.SeeAsync("pairs of a write");
        tool.Signal("INT");
        Assert.Equal(2, await tool.EndAsync());
        await tool.LeavesNothingAsync();
        Assert.Equal("inconclusive", folder.Json().GetProperty("verdict").GetString());
        Assert.Contains("stopped before its end", tool.Output, StringComparison.Ordinal);
    }
}
