using System.Diagnostics;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>On a terminal, which script(1) makes.</summary>
public sealed class LiveTests
{
    [Fact]
    public async Task On_a_terminal_the_topology_is_shown_live_and_ctrl_c_leaves_the_terminal_clean()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        using var terminal = Start(folder, "up");
        var output = new ProcessOutput(terminal);
        try
        {
            await output.SeeAsync("web is ready at ", HoldfastTool.Deadline);
            await output.SeeAsync("REQ/S", HoldfastTool.Deadline);
            await output.SeeAsync("2/2 ready", HoldfastTool.Deadline);
            Assert.Contains("web-2  ready", await output.SeeAsync("  web-2  ", HoldfastTool.Deadline), StringComparison.Ordinal);
        }
        finally
        {
            await terminal.StandardInput.WriteAsync('\x03');
            await terminal.StandardInput.FlushAsync();
        }

        await terminal.WaitForExitAsync().WaitAsync(HoldfastTool.Deadline);
        await output.Ended.WaitAsync(HoldfastTool.Deadline);
        Assert.Equal(0, terminal.ExitCode);
        var lines = output.Lines.ToList();
        Assert.True(lines.FindLastIndex(static line => line.Contains("REQ/S", StringComparison.Ordinal)) < lines.FindIndex(static line => line.Contains("node has stopped", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Plain_lines_are_to_be_had_there_too()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        using var terminal = Start(folder, "up --plain");
        var output = new ProcessOutput(terminal);
        await output.SeeAsync("web is ready at ", HoldfastTool.Deadline);
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "down"));
        await terminal.WaitForExitAsync().WaitAsync(HoldfastTool.Deadline);
        await output.Ended.WaitAsync(HoldfastTool.Deadline);
        Assert.DoesNotContain("REQ/S", output.Text, StringComparison.Ordinal);
    }

    private static Process Start(TopologyFolder folder, string arguments)
    {
        var start = new ProcessStartInfo("script", ["-qefc", $"stty cols 80 rows 24; exec dotnet {HoldfastTool.Path} {arguments}", "/dev/null"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TERM"] = "xterm";
        start.Environment["NO_COLOR"] = "1";
        return Process.Start(start)!;
    }
}
