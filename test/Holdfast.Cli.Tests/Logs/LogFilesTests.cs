using Holdfast.Cli.Logs;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Logs;

public sealed class LogFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    [Fact]
    public async Task Each_process_has_a_file_with_times()
    {
        await using (var files = new LogFiles(Path.Combine(folder, "logs"), new LogRotation(), TimeProvider.System))
        {
            files.Add("web-1", "hello");
            files.Add("web build", "built");
            files.Add("web-1", "again");
        }

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z hello\n\S+ again\n$", await File.ReadAllTextAsync(Path.Combine(folder, "logs/web-1.log")));
        Assert.EndsWith("Z built\n", await File.ReadAllTextAsync(Path.Combine(folder, "logs/web-build.log")), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "logs/web-1.log")));
    }

    [Fact]
    public void A_full_file_begins_a_new_one_and_the_oldest_goes()
    {
        var path = Path.Combine(folder, "a.log");
        using (var file = new RotatedFile(path, new LogRotation { MaxBytes = 10, Keep = 2 }))
        {
            foreach (var line in (string[])["aaaa\n", "bbbb\n", "cccc\n", "longer than a file\n", "dddd\n", "eeee\n"])
            {
                file.Append(System.Text.Encoding.ASCII.GetBytes(line));
            }
        }

        Assert.Equal(["dddd\neeee\n", "longer than a file\n", "cccc\n"], new[] { path, path + ".1", path + ".2" }.Select(File.ReadAllText));
        Assert.Equal(3, Directory.GetFiles(folder).Length);

        // A start goes on where the last one ended.
        using (var file = new RotatedFile(path, new LogRotation { MaxBytes = 10, Keep = 0 }))
        {
            file.Append("ffff\n"u8);
        }

        Assert.Equal("ffff\n", File.ReadAllText(path));
    }

    [Fact]
    public async Task A_folder_that_can_not_be_written_is_told_once_and_when_it_can_again()
    {
        var logs = Path.Combine(folder, "logs");
        await File.WriteAllTextAsync(logs, "in the way");
        var told = System.Threading.Channels.Channel.CreateUnbounded<string>();
        await using var files = new LogFiles(logs, new LogRotation(), TimeProvider.System) { Report = text => told.Writer.TryWrite(text) };
        files.Add("web-1", "one");
        files.Add("web-1", "two");
        Assert.Contains("can't be written", await told.Reader.ReadAsync().AsTask().WaitAsync(TestServers.HoldfastTool.Deadline), StringComparison.Ordinal);
        while (files.Missing < 2)
        {
            await Task.Delay(5);
        }

        File.Delete(logs);
        files.Add("web-1", "three");
        Assert.Equal("log files are written again; 2 lines are missing in them", await told.Reader.ReadAsync().AsTask().WaitAsync(TestServers.HoldfastTool.Deadline));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
