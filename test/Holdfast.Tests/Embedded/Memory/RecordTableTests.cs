using System.Text;
using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>The table finds what a dictionary would, whatever was added and removed before.</summary>
public sealed class RecordTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_holds_what_a_dictionary_would(int seed)
    {
        using var memory = new SlabAllocator();
        var table = new RecordTable(memory, new KindTable([]), new UseClock(TimeProvider.System), (ulong)seed);
        var random = new Random(seed);
        Dictionary<string, int> model = [];
        for (var step = 0; step < Experiment.Count(30_000, 1_000_000); step++)
        {
            var address = $"kind{random.Next(3)}/{random.Next(step / 5000 % 2 == 0 ? 3000 : 300)}";
            var bytes = Encoding.ASCII.GetBytes(address);
            var slot = table.Find(bytes, out _);
            Assert.Equal(model.GetValueOrDefault(address, -1), slot);
            Assert.Equal(slot, table.Find(Address.Parse(address), out _));
            if (slot >= 0)
            {
                table.Remove(slot);
                model.Remove(address);
            }
            else
            {
                model.Add(address, Add(table, Address.Parse(address)));
            }
        }

        Assert.Equal(model.Count, table.Count);
        Assert.Equal(model.Count, model.Values.Distinct().Count());
        foreach (var (address, slot) in model)
        {
            Assert.Equal(slot, table.Find(Encoding.ASCII.GetBytes(address), out _));
            Assert.Equal(address, Encoding.ASCII.GetString(table.AddressOf(slot)));
            table.Remove(slot);
        }

        Assert.Equal((0, 0L), (table.Count, memory.UsedBytes));
        Assert.All(table.Usage.ToArray(), static usage => Assert.Equal(default, usage));
    }

    [Fact]
    public void What_is_fetched_is_what_is_found()
    {
        using var memory = new SlabAllocator();
        var table = new RecordTable(memory, new KindTable([]), new UseClock(TimeProvider.System), seed: 1);
        Assert.Equal(-1, Fetch(table, Address.Parse("kind/0"), seed: 1));
        var addresses = Enumerable.Range(0, 1000).Select(static i => new Address("kind", $"{i}")).ToList();
        addresses.ForEach(address => Add(table, address));

        var fetched = addresses.ConvertAll(address => Fetch(table, address, seed: 1));
        fetched.ForEach(table.FetchBlock);
        table.FetchBlock(-1);
        table.FetchBlock(int.MaxValue);
        var found = addresses.ConvertAll(address => table.Find(address, out _));
        Assert.True(fetched.Zip(found).Count(static pair => pair.First == pair.Second) > 950);
        Assert.All(fetched.Zip(found), static pair => Assert.True(pair.First == pair.Second || pair.First == -1));
    }

    // Whoever fetches takes no lock: what it sees may have gone, or moved, and must harm nothing.
    [Fact]
    public async Task Others_may_fetch_while_records_come_and_go()
    {
        using var memory = new SlabAllocator();
        var table = new RecordTable(memory, new KindTable([]), new UseClock(TimeProvider.System), seed: 2);
        var addresses = Enumerable.Range(0, 3000).Select(static i => new Address("kind", $"{i}")).ToList();
        var isOver = false;
        var fetched = 0;
        var fetching = Task.Run(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                foreach (var address in addresses)
                {
                    var slot = Fetch(table, address, seed: 2);
                    table.FetchBlock(slot);
                    Volatile.Write(ref fetched, fetched + (slot >= 0 ? 1 : 0));
                }
            }
        });
        for (var round = 0; round < Experiment.Count(30, 3000) || (Volatile.Read(ref fetched) == 0 && !fetching.IsCompleted); round++)
        {
            addresses.ForEach(address => Add(table, address));
            addresses.ForEach(address => table.Remove(table.Find(address, out _)));
        }

        Volatile.Write(ref isOver, true);
        await fetching;
        Assert.Equal((0, 0L), (table.Count, memory.UsedBytes));
    }

    [Fact]
    public void Addresses_that_differ_little_spread_over_the_index()
    {
        var hashes = Enumerable.Range(0, 100_000).Select(static i => AddressHash.Of(Encoding.ASCII.GetBytes($"session/{i}"), 7)).ToHashSet();
        Assert.InRange(hashes.Count, 99_990, 100_000);
        Assert.InRange(hashes.GroupBy(static hash => hash & 0xff).Max(static group => group.Count()), 100_000 / 256, 100_000 / 256 * 3 / 2);
        Assert.NotEqual(AddressHash.Of("session/1"u8, 7), AddressHash.Of("session/1"u8, 8));
    }

    private static int Fetch(RecordTable table, Address address, ulong seed)
    {
        var hash = AddressHash.Of(Encoding.ASCII.GetBytes(address.ToString()), seed);
        table.FetchIndex(hash);
        return table.FetchSlot(hash);
    }

    private static int Add(RecordTable table, Address address)
    {
        Span<byte> bytes = stackalloc byte[Address.MaxBytes];
        var written = address.WriteTo(bytes);
        table.Find(written, out var hash);
        var block = table.Memory.Allocate(RecordView.SizeOf(written.Length, 0));
        RecordView.Begin(table.Memory.Span(block), written, 1, 1, 0, 0);
        return table.Add(hash, block, Slot.Never);
    }
}
