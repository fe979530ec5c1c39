using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

public sealed class SessionsTests
{
    private const string User = "ada lovelace/✓";

    [Fact]
    public async Task Sessions_are_listed_and_ended_while_the_topology_runs_and_when_it_does_not()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        await using (var site = await SignInSite.StartAsync($"redis+unix://{folder.Path}/.holdfast/node.sock"))
        {
            HttpClient[] browsers = [await site.SignInAsync(User), await site.SignInAsync(User), await site.SignInAsync(User)];
            var stranger = await site.SignInAsync("bob");
            var first = await browsers[0].GetStringAsync("/me");

            var listed = await ListAsync(folder.Path);
            Assert.Equal(3, listed.Count);
            var oldest = Assert.Single(listed, session => session.GetProperty("id").GetString() == first);
            Assert.Equal("curl", oldest.GetProperty("device").GetString());
            Assert.Equal("127.0.0.1", oldest.GetProperty("networkAddress").GetString());

            var (code, output) = await HoldfastTool.RunAsync(folder.Path, "sessions", "end", first, "--user", User);
            Assert.Equal((0, "Ended 1 session."), (code, output.Trim()));
            await SignedOutAsync(browsers[0]);
            Assert.True(await SignInSite.IsSignedInAsync(browsers[1]));

            var kept = await browsers[1].GetStringAsync("/me");
            (code, output) = await HoldfastTool.RunAsync("/", "sessions", "end", "--user", User, "--others-than", kept, "--topology", folder.Path, "--json");
            Assert.Equal((0, """{"ended":1}"""), (code, output.Trim()));
            await SignedOutAsync(browsers[2]);
            Assert.True(await SignInSite.IsSignedInAsync(browsers[1]));
            Assert.True(await SignInSite.IsSignedInAsync(stranger));
        }

        tool.Signal("INT");
        Assert.Equal(0, await tool.EndAsync());
        var (listCode, table) = await HoldfastTool.RunAsync(folder.Path, "sessions", "list", "--user", User);
        Assert.Equal(0, listCode);
        Assert.Matches(@"^ID +DEVICE +ADDRESS +CREATED +LAST SEEN +EXPIRES\n\S+ +curl +127\.0\.0\.1 +\S+Z +\S+Z +\S+Z\n?$", table);
        Assert.Equal((0, "Ended 1 session."), Trimmed(await HoldfastTool.RunAsync(folder.Path, "sessions", "end", "--user", User, "--all")));
        Assert.Empty(await ListAsync(folder.Path));
        Assert.Equal((0, "Ended 1 session."), Trimmed(await HoldfastTool.RunAsync(folder.Path, "sessions", "end", "--everybody")));
    }

    [Fact]
    public async Task A_store_that_is_named_in_the_environment_is_asked()
    {
        await using var node = await NodeServer.StartAsync();
        await using var site = await SignInSite.StartAsync(node.ConnectionString);
        using var browser = await site.SignInAsync("ada");
        var environment = new Dictionary<string, string> { ["HOLDFAST_STATE"] = node.ConnectionString };
        await using var tool = HoldfastTool.Start(Path.GetTempPath(), environment, "sessions", "end", "--user", "ada", "--all");
        Assert.True(await tool.EndAsync() == 0, tool.Output);
        await SignedOutAsync(browser);
    }

    [Theory]
    [InlineData("sessions")]
    [InlineData("sessions", "list")]
    [InlineData("sessions", "list", "--user", "")]
    [InlineData("sessions", "list", "--user", "ada", "--state", "embedded:x", "--topology", ".")]
    [InlineData("sessions", "end", "--user", "ada")]
    [InlineData("sessions", "end", "--all")]
    [InlineData("sessions", "end", "x", "--user", "ada", "--all")]
    [InlineData("sessions", "end", "--user", "ada", "--everybody")]
    public async Task A_command_line_that_cant_be_understood_exits_with_64(params string[] arguments)
    {
        var (code, output) = await HoldfastTool.RunAsync(Path.GetTempPath(), arguments);
        Assert.Equal(64, code);
        Assert.Contains("--help", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no session nobody's: it may have ended", "end", "nobody's", "--user", "ada", "--state", "embedded:state")]
    [InlineData("there is no store in typo", "list", "--user", "ada", "--state", "embedded:typo")]
    [InlineData("--state names no store", "list", "--user", "ada", "--state", "mongodb://x")]
    [InlineData("nobody-listens.sock", "list", "--user", "ada", "--state", "redis+unix:///tmp/nobody-listens.sock")]
    [InlineData("there is no holdfast.yaml", "list", "--user", "ada", "--topology", "state")]
    public async Task What_can_t_be_done_is_told_and_exits_with_1(string message, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
        await (await EmbeddedEngine.OpenAsync(Path.Combine(folder, "state"), new StateEngineOptions())).DisposeAsync();
        var (code, output) = await HoldfastTool.RunAsync(folder, ["sessions", .. arguments]);
        Assert.Equal(1, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Within a second, or ten times that on a busy machine.</summary>
    private static async Task SignedOutAsync(HttpClient browser)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await SignInSite.IsSignedInAsync(browser))
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private static (int Code, string Output) Trimmed((int Code, string Output) result) => (result.Code, result.Output.Trim());

    private static async Task<IReadOnlyList<JsonElement>> ListAsync(string folder)
    {
        var (code, output) = await HoldfastTool.RunAsync(folder, "sessions", "list", "--user", User, "--json");
        Assert.Equal(0, code);
        var printed = JsonDocument.Parse(output).RootElement;
        Assert.Equal(User, printed.GetProperty("user").GetString());
        return [.. printed.GetProperty("sessions").EnumerateArray()];
    }
}
