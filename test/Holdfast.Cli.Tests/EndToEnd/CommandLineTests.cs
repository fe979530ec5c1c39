using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData]
    [InlineData("fly")]
    [InlineData("up", ".", "too-much")]
    [InlineData("up", "--ready", "3")]
    [InlineData("up", "--ready-timeout", "soon")]
    [InlineData("up", "--ready-timeout", "0")]
    [InlineData("scale", "web")]
    [InlineData("scale", "web", "many")]
    [InlineData("scale", "web", "65")]
    [InlineData("roll")]
    [InlineData("roll", "web", "--watch", "soon")]
    [InlineData("drain")]
    [InlineData("status", "--yaml")]
    [InlineData("down", "--now")]
    [InlineData("prove")]
    [InlineData("prove", "--run", "true")]
    [InlineData("prove", "--scenario", "a.yaml")]
    [InlineData("prove", "--scenario", "a.yaml", "--run", "true", "--instances", "http://a,http://b")]
    [InlineData("prove", "--scenario", "a.yaml", "--instances", "http://a")]
    [InlineData("prove", "--scenario", "a.yaml", "--run", "true", "--time", "soon")]
    [InlineData("prove", "--scenario", "a.yaml", "--run", "true", "--env", "PORT=1")]
    public async Task A_command_line_that_cant_be_understood_exits_with_64(params string[] arguments)
    {
        var (code, output) = await HoldfastTool.RunAsync(Path.GetTempPath(), arguments);
        Assert.Equal(64, code);
        Assert.Contains("--help", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("status", "--json")]
    [InlineData("scale", "web", "3")]
    [InlineData("roll", "web")]
    [InlineData("drain", "web-1")]
    [InlineData("down")]
    public async Task Without_a_running_topology_commands_say_so(params string[] arguments)
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, arguments);
        Assert.Equal(1, code);
        Assert.Contains($"no topology runs in {folder.Path}", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, ".holdfast")));
    }

    [Fact]
    public async Task A_folder_without_a_topology_is_named()
    {
        var empty = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
        var (code, output) = await HoldfastTool.RunAsync(empty, "up");
        Assert.Equal(1, code);
        Assert.Contains($"there is no holdfast.yaml in {empty}", output, StringComparison.Ordinal);
        Directory.Delete(empty);
    }

    [Fact]
    public async Task The_launcher_runs_the_tool_from_any_folder_and_through_a_link_and_without_input()
    {
        var root = HoldfastTool.Path[..HoldfastTool.Path.IndexOf("/src/Holdfast.Cli/", StringComparison.Ordinal)];
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "hf"), Path.Combine(root, "holdfast"));
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", "./hf --version <&- 2>/dev/null"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", output);
    }
}
