using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>
/// A store of a few partitions as a crash leaves it, a snapshot and a log that goes on after it, of which is known what each partition held at each of its revisions.
/// </summary>
internal sealed class KnownStore : IDisposable
{
    public const int Partitions = 4;
    private const int Pairs = 8;
    private const int Rounds = 4;

    public static readonly StateEngineOptions Options = new() { PartitionCount = Partitions };

    /// <summary>For each partition and revision what its records hold.</summary>
    private readonly List<Dictionary<string, long>>[] states = [.. Enumerable.Range(0, Partitions).Select(static _ => new List<Dictionary<string, long>> { new() })];

    private KnownStore()
    {
    }

    public StoreCopy Store { get; } = new();

    /// <summary>The last moment of each partition.</summary>
    public Stamp[] Last { get; } = new Stamp[Partitions];

    public static async Task<KnownStore> MakeAsync()
    {
        var known = new KnownStore();
        await using (var engine = await known.Store.OpenAsync(Options))
        {
            await known.WriteAsync(engine, 0);
        }

        using var running = new StoreCopy();
        known.Store.CopyTo(running);
        await using var again = await running.OpenAsync(Options);
        await known.WriteAsync(again, Rounds);
        foreach (var path in Directory.GetFiles(known.Store.Folder))
        {
            File.Delete(path);
        }

        running.CopyTo(known.Store);
        File.WriteAllBytes(known.Store["log-000002"], [.. known.Store.ReadLog("log-000002"), .. new byte[1000]]);
        for (var partition = 0; partition < Partitions; partition++)
        {
            known.Last[partition] = again.Head(partition).At;
        }

        return known;
    }

    public long RevisionOf(int partition) => states[partition].Count - 1;

    /// <summary>What is there is what was there at the partition's revision, or, where the base is lost, at any; stamps tell what is not.</summary>
    public async Task CheckAsync(EmbeddedEngine engine, FolderReport report)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var head = engine.Head(partition);
            Dictionary<string, long> found = [];
            await foreach (var record in engine.ScanAsync(partition, "left"))
            {
                found.Add(record.Address.ToString(), record.Counter("n"));
            }

            await foreach (var record in engine.ScanAsync(partition, "right"))
            {
                found.Add(record.Address.ToString(), record.Counter("n"));
            }

            var loss = report.Losses.SingleOrDefault(loss => loss.Partition == partition);
            if (loss is { IsBaseLost: true })
            {
                Assert.All(found, record => Assert.Contains(states[partition], state => state.GetValueOrDefault(record.Key) == record.Value));
                Assert.False(head.Contains(Last[partition]), $"The stamps of partition {partition} still count.");
                continue;
            }

            Assert.InRange(head.Revision, 0, RevisionOf(partition));
            Assert.Equal(states[partition][(int)head.Revision].OrderBy(static held => held.Key), found.OrderBy(static held => held.Key));

            // A lost frame may have been the one that opened the term: then its stamps are told to be lost though nothing is.
            var mayLackTerm = report.MissingFrames > 0 || report.Damages.Any(static damage => damage is { File: "log-000002", Offset: 0 });
            Assert.True(head.Contains(Last[partition]) ? head.Revision == RevisionOf(partition) : head.Revision < RevisionOf(partition) || mayLackTerm);
        }
    }

    public void Dispose() => Store.Dispose();

    private async Task WriteAsync(EmbeddedEngine engine, int first)
    {
        for (var round = first; round < first + Rounds; round++)
        {
            for (var pair = 0; pair < Pairs; pair++)
            {
                var (left, right) = (new Address("left", $"p{pair}"), new Address("right", $"p{pair}"));
                var partition = engine.Partitions.PartitionOf(left);
                var state = new Dictionary<string, long>(states[partition][^1]);
                var goes = round % 3 == 2;
                await engine.CommitAsync(new Commit(
                    goes ? RecordChange.Delete(left) : RecordChange.Update(left).Add("n", 1).Set("filler", new byte[50]),
                    RecordChange.Update(right).Add("n", 1))
                {
                    Events = [new NewEvent($"{round}", default)],
                    Request = new RequestId($"{pair}-{round}"),
                });
                state[right.ToString()] = state.GetValueOrDefault(right.ToString()) + 1;
                state[left.ToString()] = state.GetValueOrDefault(left.ToString()) + 1;
                if (goes)
                {
                    state.Remove(left.ToString());
                }

                states[partition].Add(state);
            }
        }
    }
}
