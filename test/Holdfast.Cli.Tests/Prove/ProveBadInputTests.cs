using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>Applications and command lines with which nothing can be proved, or that make it hard.</summary>
public sealed class ProveBadInputTests
{
    [Fact]
    public async Task Who_is_sent_to_a_sign_in_page_is_told_to_begin_there()
    {
        using var folder = new ProvedFolder("steps: [ { request: POST /cart, json: { sku: a } }, { request: GET /cart } ]");
        var outcome = await folder.ProveAsync("pages");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("to a sign-in page: begin the scenario with a sign-in", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_that_never_end_keep_nobody_from_an_answer()
    {
        using var folder = new ProvedFolder(ProvedFolder.Shopping + "\n  - request: GET /ticker");
        var outcome = await ProvedFolder.SureAsync(() => folder.ProveAsync("shared"));
        Assert.Equal((0, "stateless"), (outcome.Code, outcome.Verdict));
    }

    [Fact]
    public async Task Instances_that_are_not_of_one_version_are_told_apart()
    {
        using var folder = new ProvedFolder("steps: [ { request: GET /visits, times: 2 }, { request: GET /missing } ]");
        using var one = folder.StartInstance("shared", FreePort.Next());
        using var other = folder.StartInstance("pages", FreePort.Next());
        await Task.WhenAll(one.ReadyAsync(), other.ReadyAsync());
        var outcome = await folder.ProveWithAsync("--instances", $"{one.Url},{other.Url}", "--scenario", "scenario.yaml");
        Assert.Equal((2, "inconclusive"), (outcome.Code, outcome.Verdict));
        Assert.Contains("are they of one version", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_certificate_is_trusted_when_its_authority_is_named()
    {
        using var folder = new ProvedFolder();
        using var certificate = SelfSigned.Certificate();
        var tls = Path.Combine(folder.Path, "tls");
        SelfSigned.Write(certificate, $"{tls}.crt", $"{tls}.key");
        using var one = folder.StartInstance("memory", FreePort.Next(), tls);
        using var other = folder.StartInstance("memory", FreePort.Next(), tls);
        await Task.WhenAll(one.ReadyAsync(), other.ReadyAsync());

        var refused = await folder.ProveWithAsync("--instances", $"{one.Url},{other.Url}", "--scenario", "scenario.yaml");
        Assert.Equal(2, refused.Code);
        Assert.Contains("give the authority that signed the certificate with --ca FILE", refused.Reason, StringComparison.Ordinal);

        var trusted = await ProvedFolder.SureAsync(() =>
            folder.ProveWithAsync("--instances", $"{one.Url},{other.Url}", "--scenario", "scenario.yaml", "--ca", $"{tls}.crt"));
        Assert.Equal((1, "stateful"), (trusted.Code, trusted.Verdict));
        Assert.Equal(0, trusted.Json.GetProperty("arms").GetProperty("restart").GetProperty("runs").GetInt32());
        Assert.Contains("instances that run already are not stopped", trusted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_next_build_that_does_not_start_is_told()
    {
        using var folder = new ProvedFolder();
        var outcome = await folder.ProveAsync("shared", "--run-next", "node app.js broken");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("instance 4 ended before it was ready (exit code 3)", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_to_who_records()
    {
        using var folder = new ProvedFolder();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        await using var tool = folder.Tool("--run", "node app.js memory", "--folder", "app", "--record", "x.yaml", "--port", $"{port}");
        Assert.Equal(2, await tool.EndAsync());
        Assert.Contains($"port {port} is taken", tool.Output, StringComparison.Ordinal);
        await tool.LeavesNothingAsync();
    }

    [Theory]
    [InlineData("--scenario", "s.yaml")]
    [InlineData("--run", "node app.js")]
    [InlineData("--run", "node app.js", "--instances", "http://a,http://b", "--scenario", "s.yaml")]
    [InlineData("--run", "node app.js", "--scenario", "s.yaml", "--record", "r.yaml")]
    [InlineData(".", "--scenario", "s.yaml")]
    [InlineData("--instances", "http://a,http://b", "--scenario", "s.yaml", "--run-next", "node next.js")]
    [InlineData("--run", "node app.js", "--scenario", "s.yaml", "--time", "1s")]
    public async Task A_command_line_that_cant_be_understood_exits_with_64(params string[] arguments)
    {
        var (code, output) = await HoldfastTool.RunAsync(Path.GetTempPath(), ["prove", .. arguments]);
        Assert.Equal(64, code);
        Assert.Contains("--help", output, StringComparison.Ordinal);
    }
}
