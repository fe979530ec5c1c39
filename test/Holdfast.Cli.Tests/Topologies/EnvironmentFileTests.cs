using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Topologies;

public sealed class EnvironmentFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    [Fact]
    public void Variables_are_read_as_shells_write_them()
    {
        var (variables, problems) = EnvironmentFile.Read(Write("a.env", """
            # A remark, and a blank line.

            PLAIN=one two
              export SPACED = three 
            QUOTED="  four # five"
            SINGLE='$six'
            EMPTY=
            EQUALS=a=b
            """), "a.env");
        Assert.Empty(problems);
        Assert.Equal(
            [("PLAIN", "one two"), ("SPACED", "three"), ("QUOTED", "  four # five"), ("SINGLE", "$six"), ("EMPTY", ""), ("EQUALS", "a=b")],
            variables.Select(static pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void What_is_wrong_is_told_by_its_line_and_without_its_text()
    {
        var (_, problems) = EnvironmentFile.Read(Write("a.env", "A=1\nsesame\n2B=sesame\n"), "a.env");
        Assert.Equal(["line 2 of a.env is no variable: write NAME=value, or # before a remark", "line 3 of a.env is no variable: write NAME=value, or # before a remark"], problems);
    }

    [Fact]
    public void A_secret_is_a_whole_file_that_nobody_else_can_read()
    {
        var path = Write("key", "line one\nline two\n");
        Assert.Equal("key can be read or written by other users: chmod 600 key", EnvironmentFile.ReadSecret(path, "key").Problem);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(("line one\nline two", null), EnvironmentFile.ReadSecret(path, "key"));
        File.WriteAllText(path, "\n");
        Assert.Equal("key is empty: write the secret into it", EnvironmentFile.ReadSecret(path, "key").Problem);
        File.WriteAllText(path, "a\0b");
        Assert.Contains("zero byte", EnvironmentFile.ReadSecret(path, "key").Problem, StringComparison.Ordinal);
        File.WriteAllText(path, new string('x', EnvironmentFile.MaxBytes + 1));
        Assert.Contains("larger than 65536 bytes", EnvironmentFile.ReadSecret(path, "key").Problem, StringComparison.Ordinal);
        Assert.Contains("does not exist", EnvironmentFile.ReadSecret(path + "s", "keys").Problem, StringComparison.Ordinal);
        Assert.Contains("can't be read", EnvironmentFile.ReadSecret(folder, "folder").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_topology_names_files_and_what_is_wrong_with_them_at_its_own_lines()
    {
        Write("a.env", "COLOUR=red\nSIZE=1\n");
        Write("b.env", "SIZE=2\nPORT=80\nbroken\n");
        File.SetUnixFileMode(Write("key", "open sesame\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (topology, problems) = TopologyParser.Parse(Path.Combine(folder, "holdfast.yaml"), """
            services:
              web:
                run: node server.js
                env_file: [ a.env,
                            b.env, c.env ]
                env: { COLOUR: blue }
                secrets:
                  KEY: key
                  COLOUR: key
                  NO-NAME: key
                  REDIS_URL: key
                  GONE: gone
            """);
        Assert.Equal(
            [
                (5, "line 3 of b.env is no variable: write NAME=value, or # before a remark"),
                (5, "PORT is set by holdfast for each instance: remove it from b.env"),
                (5, $"c.env is not there: {folder}/c.env does not exist"),
                (10, "'NO-NAME' can't be the name of an environment variable: letters, digits and _ can"),
                (11, "REDIS_URL is set by holdfast for each instance: remove it from secrets"),
                (12, $"GONE: gone is not there: {folder}/gone does not exist"),
                (7, "COLOUR is a secret and a variable of env or env_file, too: remove it from these"),
            ],
            problems.Select(static problem => (problem.Line, problem.Message)));
        var web = Assert.Single(topology.Services);
        Assert.Equal(("blue", "2"), (web.Environment["COLOUR"], web.Environment["SIZE"]));
        Assert.Equal("open sesame", web.Secrets["KEY"]);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        return path;
    }
}
