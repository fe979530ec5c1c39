using System.Diagnostics;
using Holdfast.TestServers;

namespace Holdfast.Tests.Interop;

/// <summary>docs/interop.md: its programs read a session in other languages, and what it says of writing from outside holds.</summary>
public sealed class InteropTests : IAsyncLifetime
{
    private static readonly string Programs = Path.Combine(Repository.Root, "test", "Holdfast.Tests", "Interop");

    private RedisServer server = null!;
    private RedisEngine engine = null!;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        // Where the time does not pass, the near cache's proof that it hears of changes lasts from one read to the next on any machine.
        engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default with { Clock = new StandingClock() });
        Assert.Equal("+OK", await server.CommandAsync("ACL", "SETUSER", "reader", "on", ">pw", "%R~hf:*", "+@read", "+@connection"));
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("read.py", "/usr/bin/python3", "None")]
    [InlineData("read.php", "php", "null")]
    [InlineData("read.mjs", "node", "null")]
    public async Task A_session_is_read_as_the_page_shows_it(string program, string interpreter, string nothing)
    {
        var id = engine.Partitions.Pin(42, "k3");
        await engine.CommitAsync(new Commit(
            RecordChange.Update(new Address("session", id)).Set("name", "grüße").Add("visits", 7).Set("photo", new byte[] { 255, 0, 254 }).ExpireAfter(TimeSpan.FromHours(1))));

        Assert.Equal($"grüße 7 3 {nothing}", await RunAsync(program, interpreter, server.SocketPath, id));
        var text = await File.ReadAllTextAsync(Path.Combine(Programs, program));
        var shown = text[..text.IndexOf("\n" + (program.EndsWith(".py", StringComparison.Ordinal) ? "found" : program.EndsWith(".php", StringComparison.Ordinal) ? "$found" : "const found"), StringComparison.Ordinal)].Trim();
        Assert.Contains(shown, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "interop.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_was_set_from_outside_is_seen_and_no_revision_tells_of_it()
    {
        var cart = new Address("cart", "u1");
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(cart).Set("a", "1")));
        Assert.True((await engine.ReadAsync(cart, Freshness.Pushed)).IsNear);
        await server.CommandAsync("HSET", KeyOf(cart), "a", "2");

        // The near cache hears of it as of any change; conditions on the revision don't notice, one on the field does.
        var soon = new CancellationTokenSource(TimeSpan.FromSeconds(50)).Token;
        while ((await engine.ReadAsync(cart, Freshness.Pushed)).Record!.Text("a") != "2")
        {
            await Task.Delay(5, soon);
        }

        Assert.Equal(made.At.Revision, (await engine.ReadAsync(cart)).Record!.Revision);
        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Keep(cart).When(Condition.RevisionIs(made.At.Revision))))).IsCommitted);
        Assert.False((await engine.CommitAsync(new Commit(RecordChange.Update(cart).When(Condition.FieldIs("a", "1"u8.ToArray())).Set("a", "3")))).IsCommitted);
    }

    [Fact]
    public async Task A_hash_that_was_made_outside_has_revision_and_birth_0_until_a_commit_changes_it()
    {
        var cart = new Address("cart", "u1");
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(cart).Set("a", "1")));
        await server.CommandAsync("DEL", KeyOf(cart));
        await server.CommandAsync("HSET", KeyOf(cart), "a", "2", "n", "7");

        var found = (await engine.ReadAsync(cart)).Record!;
        Assert.Equal((0, 0, "2"), (found.Revision, found.Birth, found.Text("a")));
        Assert.False((await engine.CommitAsync(new Commit(RecordChange.Update(cart).When(Condition.BornAt(made.At.Revision)).Set("a", "3")))).IsCommitted);
        var changed = await engine.CommitAsync(new Commit(RecordChange.Update(cart).When(Condition.BornAt(0)).Add("n", 1)));
        Assert.True(changed.IsCommitted);
        Assert.Equal((changed.At.Revision, 0, 8), (changed.Records[0]!.Revision, changed.Records[0]!.Birth, changed.Records[0]!.Counter("n")));
    }

    [Fact]
    public async Task What_was_made_no_hash_fails_the_calls_that_touch_it_and_no_others()
    {
        var cart = new Address("cart", "u1");
        await server.CommandAsync("SET", KeyOf(cart), "x");
        Assert.Contains("WRONGTYPE", (await Assert.ThrowsAsync<StateException>(async () => await engine.ReadAsync(cart))).Message, StringComparison.Ordinal);
        Assert.Contains("WRONGTYPE", (await Assert.ThrowsAsync<StateException>(async () => await engine.CommitAsync(new Commit(RecordChange.Update(cart).Set("a", "1"))))).Message, StringComparison.Ordinal);
        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(new Address("cart", "u1", "2")).Set("a", "1")))).IsCommitted);
    }

    private static async Task<string> RunAsync(string program, params string[] command)
    {
        // Beside the tests, where what npm installs stays from one run to the next.
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "interop-programs")).FullName;
        foreach (var file in (string[])[program, "package.json", "package-lock.json"])
        {
            File.Copy(Path.Combine(Programs, file), Path.Combine(folder, file), overwrite: true);
        }

        if (command[0] == "node")
        {
            await NpmPackages.InstallAsync(folder);
        }

        return (await StartAsync(folder, [command[0], program, .. command[1..]])).Trim();
    }

    private static async Task<string> StartAsync(string folder, params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)} ended with {process.ExitCode}: {output}{await errors}");
        return output;
    }

    private string KeyOf(Address address) => $"hf:{{{engine.Partitions.TagOf(engine.Partitions.PartitionOf(address))}}}:{address}";
}
