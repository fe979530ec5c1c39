using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>
/// Programs of two releases on one store, each with the function library of its own version: the one that there is, and the same text under
/// the next version's names.
/// </summary>
public sealed class LibraryVersionTests
{
    private static readonly (byte[] Old, byte[] New)[] NextVersion = [("holdfast1"u8.ToArray(), "holdfast2"u8.ToArray()), ("hf1_"u8.ToArray(), "hf2_"u8.ToArray())];

    [Fact]
    public async Task Programs_of_two_versions_commit_to_the_same_records_at_once_and_see_each_others_changes()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new RenamingProxy(server.Port, NextVersion);
        await using var old = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        await using var next = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        Assert.Equal("*2", await server.CommandAsync("FUNCTION", "LIST"));

        string[] affinities = ["a", "b", "c"];
        CountingWriters[] writers = [new(old, affinities), new(next, affinities)];
        foreach (var each in writers)
        {
            await each.MakeAsync(300);
        }

        // Neither takes the other's place, and either is loaded again when it was lost.
        await server.CommandAsync("FUNCTION", "DELETE", "holdfast1");
        await writers[0].MakeAsync(100);
        await server.CommandAsync("FUNCTION", "DELETE", "holdfast2");
        await writers[1].MakeAsync(100);
        Assert.Equal("*2", await server.CommandAsync("FUNCTION", "LIST"));
        foreach (var each in writers)
        {
            await each.StopAsync();
        }

        long found = 0;
        foreach (var affinity in affinities)
        {
            var (one, other) = (await old.ReadAsync(new Address("count", affinity)), await next.ReadAsync(new Address("count", affinity)));
            Assert.Equal(one.At, other.At);
            Assert.Equal(one.Record!.Revision, other.Record!.Revision);
            found += one.Record.Counter("n");
        }

        Assert.Equal(writers.Sum(static each => each.Acknowledged), found);
    }

    [Fact]
    public async Task A_program_of_one_version_is_told_of_what_the_other_changed_and_repeats_no_request_that_it_made()
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new RenamingProxy(server.Port, NextVersion);
        await using var old = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        await using var next = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        var thing = new Address("thing", "t");
        var commit = new Commit(RecordChange.Update(thing).Add("n", 1)) { Request = new RequestId("once"), Events = [new NewEvent("made", default)] };
        await using var watch = await old.WatchAsync(thing);
        var made = await next.CommitAsync(commit);
        await watch.WaitAsync(new CancellationTokenSource(PatientOptions.CommitTimeout).Token);
        Assert.True((await old.CommitAsync(commit)).IsReplay);
        Assert.Equal(1, (await old.ReadAsync(thing)).Record!.Counter("n"));
        Assert.Equal(made.At.Revision, Assert.Single((await old.ReadJournalAsync(made.At.Partition, JournalPosition.Start)).Events).Position.Revision);
        Assert.False((await old.CommitAsync(new Commit(RecordChange.Update(thing).When(Condition.Absent)))).IsCommitted);
    }
}
