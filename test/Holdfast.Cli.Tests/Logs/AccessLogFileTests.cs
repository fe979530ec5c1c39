using System.Globalization;
using System.Text;
using Holdfast.Cli.Logs;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Logs;

public sealed class AccessLogFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    private string Log => Path.Combine(folder, "access.log");

    [Fact]
    public void A_full_file_begins_a_new_one_for_the_same_readers_and_the_oldest_goes()
    {
        var file = new AccessLogFile(Log, new LogRotation { MaxBytes = 10, Keep = 2 });
        Append(file, "aaaa\n");
        File.SetUnixFileMode(Log, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        foreach (var line in (string[])["bbbb\n", "longer than a file\n", "cccc\n", "dddd\n", "eeee\n"])
        {
            Append(file, line);
        }

        Assert.Equal(["eeee\n", "cccc\ndddd\n", "longer than a file\n"], new[] { Log, Log + ".1", Log + ".2" }.Select(File.ReadAllText));
        Assert.Equal(3, Directory.GetFiles(folder, "access.log*").Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Log));

        Append(new AccessLogFile(Log, new LogRotation { MaxBytes = 5, Keep = 0 }), "ffff\n");
        Assert.Equal("ffff\n", File.ReadAllText(Log));
    }

    [Fact]
    public void Without_a_size_it_grows_and_who_moves_it_away_begins_a_new_one()
    {
        var file = new AccessLogFile(Log, rotation: null);
        Append(file, new string('a', 100_000));
        Append(file, "b\n");
        File.Move(Log, Log + ".old");
        Append(file, "c\n");

        Assert.Equal((100_002, "c\n"), (new FileInfo(Log + ".old").Length, File.ReadAllText(Log)));
    }

    [Fact]
    public async Task Several_that_write_the_same_file_lose_no_line()
    {
        const int Writers = 4;
        const int Lines = 2_000;
        var rotation = new LogRotation { MaxBytes = 4096, Keep = LogRotation.MaxKeep };
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(
            () =>
            {
                var file = new AccessLogFile(Log, rotation) { Report = static text => throw new InvalidOperationException(text) };
                for (var line = 0; line < Lines; line++)
                {
                    Append(file, string.Create(CultureInfo.InvariantCulture, $"{writer} {line}\n"));
                }
            },
            TaskCreationOptions.LongRunning)));

        var found = Directory.GetFiles(folder).SelectMany(File.ReadAllLines).Order(StringComparer.Ordinal);
        var written = Enumerable.Range(0, Writers).SelectMany(static writer => Enumerable.Range(0, Lines).Select(line => $"{writer} {line}")).Order(StringComparer.Ordinal);
        Assert.Equal(written, found);
        Assert.True(Directory.GetFiles(folder).Length > 5);
    }

    [Fact]
    public void What_can_not_be_rotated_is_told_once_and_goes_on_growing()
    {
        var told = new List<string>();
        var file = new AccessLogFile(Log, new LogRotation { MaxBytes = 5, Keep = 1 }) { Report = told.Add };
        Directory.CreateDirectory(Log + ".1");
        foreach (var line in (string[])["aaaa\n", "bbbb\n", "cccc\n"])
        {
            Append(file, line);
        }

        Assert.Equal("aaaa\nbbbb\ncccc\n", File.ReadAllText(Log));
        Assert.Contains("can't be rotated", Assert.Single(told), StringComparison.Ordinal);
        Directory.Delete(Log + ".1");
        Append(file, "dddd\n");
        Assert.Equal(["dddd\n", "aaaa\nbbbb\ncccc\n"], new[] { Log, Log + ".1" }.Select(File.ReadAllText));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void Append(AccessLogFile file, string line)
    {
        using var stream = file.Open();
        stream.Write(Encoding.ASCII.GetBytes(line));
    }
}
