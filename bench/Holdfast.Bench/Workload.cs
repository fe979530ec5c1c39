namespace Holdfast.Bench;

/// <summary>The records that benchmarks read and write: sessions of ten fields, a thousand of them.</summary>
/// <param name="engine">Where they are.</param>
/// <param name="fieldBytes">The bytes of a field's value.</param>
internal sealed class Workload(StateEngine engine, int fieldBytes = Workload.FieldBytes)
{
    /// <summary>The bytes of a field's value, unless a benchmark asks for others.</summary>
    public const int FieldBytes = 50;

    private const int Records = 1000;

    private readonly byte[] value = new byte[fieldBytes];

    private readonly Address[] addresses = [.. Enumerable.Range(0, Records).Select(static number => new Address("session", $"bench-{number}"))];

    public async Task FillAsync()
    {
        foreach (var address in addresses)
        {
            var change = RecordChange.Update(address).ExpireAfter(TimeSpan.FromHours(1));
            for (var i = 0; i < 10; i++)
            {
                change.Set($"field-{i}", value);
            }

            await engine.CommitAsync(new Commit(change) { Durability = Durability.Memory });
        }
    }

    public Operation Reads(string name, int callers, Freshness freshness = default) =>
        new(name, callers, async (caller, count) => await engine.ReadAsync(Chosen(caller, count), freshness));

    /// <summary>Reads by one caller into a buffer of its own.</summary>
    public Operation BufferReads(string name, EmbeddedEngine embedded)
    {
        var buffer = new RecordBuffer();
        return new(name, 1, (caller, count) =>
        {
            embedded.Read(Chosen(caller, count), buffer);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>What a request does to its session: one field set, and the expiry moved.</summary>
    public Operation Commits(string name, int callers, Durability durability = Durability.Memory) =>
        new(name, callers, async (caller, count) => await engine.CommitAsync(
            new Commit(RecordChange.Update(Chosen(caller, count)).Set("field-3", value).ExpireAfter(TimeSpan.FromHours(1))) { Durability = durability }));

    private Address Chosen(int caller, long count) => addresses[((caller * 127) + count) % Records];
}
