using System.Text;
using Xunit;

namespace Holdfast.Testing;

/// <summary>Records: what was committed is what is read, with its revision and birth.</summary>
public abstract class RecordConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task An_absent_record_reads_as_none_at_the_partitions_moment()
    {
        var made = await CommitAsync(RecordChange.Update(Thing("other")));
        var reading = await Engine.ReadAsync(Thing());

        Assert.Null(reading.Record);
        Assert.Equal(made.At, reading.At);
    }

    [Fact]
    public async Task Bytes_are_read_back_as_they_were_committed()
    {
        byte[] everyByte = [.. Enumerable.Range(0, 256).Select(static number => (byte)number)];
        var large = new byte[300_000];
        Entropy.System.Fill(large);
        await CommitAsync(RecordChange.Update(Thing())
            .Set("every", everyByte).Set("empty", ReadOnlyMemory<byte>.Empty).Set("large", large).Set("lines", "\r\n$-1\r\n*0\r\n"));

        var record = await ExistingAsync(Thing());
        Assert.Equal(Thing(), record.Address);
        Assert.Equal(4, record.Fields.Count);
        Assert.Equal(everyByte, record["every"]!.Value.ToArray());
        Assert.Equal([], record["empty"]!.Value.ToArray());
        Assert.Equal(large, record["large"]!.Value.ToArray());
        Assert.Equal("\r\n$-1\r\n*0\r\n", record.Text("lines"));
    }

    [Fact]
    public async Task Field_names_are_any_text_and_differ_by_case()
    {
        string[] names = ["a", "A", "ä", " ", "a:b/c{d}", "line\r\nbreak", "漢字", "\U0001F33F", "-", "x@y", new('n', StateLimits.MaxFieldNameBytes)];
        var change = RecordChange.Update(Thing());
        foreach (var name in names)
        {
            change.Set(name, "value of " + name);
        }

        await CommitAsync(change);
        var record = await ExistingAsync(Thing());
        Assert.Equal(names.Order(StringComparer.Ordinal), record.Fields.Keys.Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal("value of " + name, record.Text(name)));
    }

    [Fact]
    public async Task A_record_tells_when_it_was_born_and_last_changed()
    {
        var born = await CommitAsync(RecordChange.Update(Thing()).Set("a", "1"));
        await CommitAsync(RecordChange.Update(Thing("other")));
        var changed = await CommitAsync(RecordChange.Update(Thing()).Set("a", "2"));
        await CommitAsync(RecordChange.Update(Thing("other")));

        var record = await ExistingAsync(Thing());
        Assert.Equal(born.At.Revision, record.Birth);
        Assert.Equal(changed.At.Revision, record.Revision);
    }

    [Fact]
    public async Task A_record_that_was_removed_and_made_again_has_another_birth_and_none_of_its_fields()
    {
        var first = await CommitAsync(RecordChange.Update(Thing()).Set("old", "1"));
        await CommitAsync(RecordChange.Delete(Thing()));
        Assert.Null(await ReadAsync(Thing()));
        await CommitAsync(RecordChange.Update(Thing()).Set("fresh", "1"));

        var second = await ExistingAsync(Thing());
        Assert.True(second.Birth > first.At.Revision);
        Assert.Equal(["fresh"], second.Fields.Keys);
    }

    [Fact]
    public async Task Records_of_one_affinity_differ_by_kind_and_id()
    {
        Address[] addresses = [new("a", Affinity), new("b", Affinity), new("a", Affinity, "1"), new("a", Affinity, "2"), new("a-b", Affinity, "1")];
        await CommitAsync([.. addresses.Select(static address => RecordChange.Update(address).Set("own", address.ToString()))]);

        foreach (var address in addresses)
        {
            Assert.Equal(address.ToString(), (await ExistingAsync(address)).Text("own"));
        }
    }

    [Fact]
    public async Task The_longest_addresses_and_every_character_in_them_are_kept_apart()
    {
        var visible = new StringBuilder();
        for (var code = '!'; code <= '~'; code++)
        {
            visible.Append(code is '/' or '{' or '}' ? "" : code);
        }

        var affinity = (Unique() + visible).PadRight(Address.MaxPartLength, 'x');
        var longest = new Address(new('k', Address.MaxKindLength), affinity, visible.ToString().PadRight(Address.MaxPartLength, '*'));
        var similar = new Address(new('k', Address.MaxKindLength), affinity, visible.ToString().PadRight(Address.MaxPartLength, '?'));
        await CommitAsync(RecordChange.Update(longest).Set("own", "longest"), RecordChange.Update(similar).Set("own", "similar"));

        Assert.Equal("longest", (await ExistingAsync(longest)).Text("own"));
        Assert.Equal("similar", (await ExistingAsync(similar)).Text("own"));
    }

    [Fact]
    public async Task Records_read_together_come_in_the_order_asked_and_of_one_moment()
    {
        await CommitAsync(RecordChange.Update(Thing("a")).Set("own", "a"));
        var last = await CommitAsync(RecordChange.Update(Thing("b")).Set("own", "b"));

        var readings = await Engine.ReadManyAsync([Thing("b"), Thing("none"), Thing("a"), Thing("b")]);
        Assert.Equal(["b", null, "a", "b"], readings.Select(static reading => reading.Record?.Text("own")));
        Assert.All(readings, reading => Assert.Equal(last.At, reading.At));
    }

    [Fact]
    public async Task As_many_records_as_a_read_takes_are_read_together()
    {
        Address[] addresses = [.. Enumerable.Range(0, StateLimits.MaxRecordsPerCommit).Select(number => Thing($"{number}"))];
        await CommitAsync([.. addresses.Select(static address => RecordChange.Update(address).Set("own", address.Id!))]);

        var readings = await Engine.ReadManyAsync(addresses);
        Assert.Equal(addresses.Select(static address => address.Id), readings.Select(static reading => reading.Record?.Text("own")));
    }

    [Fact]
    public async Task Partitions_count_their_revisions_apart()
    {
        var pinned = Enumerable.Range(0, 8).Select(number => new Address("thing", Engine.Partitions.Pin(number * Engine.Partitions.Count / 8, Unique()))).ToArray();
        foreach (var address in pinned)
        {
            var before = await Task.WhenAll(pinned.Select(async other => (await Engine.ReadAsync(other)).At));
            var made = (await CommitAsync(RecordChange.Update(address).Set("own", address.Affinity))).At;
            var after = await Task.WhenAll(pinned.Select(async other => (await Engine.ReadAsync(other)).At));

            Assert.Equal(Engine.Partitions.PartitionOf(address), made.Partition);
            Assert.Contains(made, after);
            Assert.Equal(before.Where(stamp => stamp.Partition != made.Partition), after.Where(stamp => stamp.Partition != made.Partition));
        }

        foreach (var address in pinned)
        {
            Assert.Equal(address.Affinity, (await ExistingAsync(address)).Text("own"));
        }
    }
}
