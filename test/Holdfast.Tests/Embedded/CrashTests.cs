using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>A process that has the store open is killed, or runs out of room, at moments that nobody chose.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Writers = 16;

    // So small that snapshots are made all the time, and are interrupted.
    private const long MinLogBytes = 32 << 10;

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    [Trait("Experiment", "R1")]
    public async Task Acknowledged_commits_survive_kill_9()
    {
        var random = new Random(1);
        var acknowledged = new long[Writers];
        for (var round = 0; round < Experiment.Count(small: 6, large: 500); round++)
        {
            using var writer = new CrashWriter(store.Folder, Writers, MinLogBytes);
            var commits = random.Next(1, 4000);
            await writer.UntilAsync(() => writer.Commits >= commits);
            await writer.KillAsync();
            foreach (var (index, number) in writer.Acknowledged)
            {
                acknowledged[index] = number;
            }

            await CheckAsync(acknowledged);
        }
    }

    [Fact]
    public async Task A_full_disk_refuses_commits_until_there_is_room()
    {
        using var writer = new CrashWriter(store.Folder, Writers, minLogBytes: long.MaxValue);
        await writer.UntilAsync(() => writer.Commits > 0);
        writer.BoundFiles(512 << 10);
        await writer.UntilAsync(() => writer.Refusals >= 3 * Writers);
        var before = writer.Commits;
        writer.BoundFiles(null);
        await writer.UntilAsync(() => writer.Commits >= before + (10 * Writers));
        await writer.KillAsync();

        await CheckAsync([.. Enumerable.Range(0, Writers).Select(index => writer.Acknowledged[index])]);
    }

    /// <summary>Each writer's two records and events tell one number: that of the last acknowledged commit, or of the one under way.</summary>
    private async Task CheckAsync(long[] acknowledged)
    {
        await using var engine = await store.OpenAsync(new StateEngineOptions());
        for (var index = 0; index < acknowledged.Length; index++)
        {
            var affinity = $"w{index}";
            var left = (await engine.ReadAsync(new Address("left", affinity))).Record;
            var right = (await engine.ReadAsync(new Address("right", affinity))).Record;
            var number = left?.Counter("n") ?? 0;
            Assert.InRange(number, acknowledged[index], acknowledged[index] + 1);
            Assert.Equal(number, right?.Counter("n") ?? 0);
            Assert.Equal(left?.Revision, right?.Revision);
            Assert.Equal(number == 0 ? null : $"{number}", left?.Text("text"));
            Assert.Equal(number == 0 ? null : $"{number}", right?.Text("text"));
            if (left is null)
            {
                continue;
            }

            var page = await engine.ReadJournalAsync(engine.Partitions.PartitionOf(affinity), new JournalPosition(left.Revision - 1, int.MaxValue));
            Assert.Equal($"{number}", Assert.Single(page.Events, item => item.Position.Revision == left.Revision).Type);
            var repeated = await engine.CommitAsync(new Commit(RecordChange.Update(left.Address).Add("n", 1))
            {
                Request = new RequestId($"w{index}-{number}"),
            });
            Assert.Equal(CommitOutcome.DifferentCommit, repeated.Outcome);
            acknowledged[index] = number;
        }
    }
}
