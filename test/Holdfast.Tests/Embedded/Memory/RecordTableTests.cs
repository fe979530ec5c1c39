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
            var slot = table.Find(bytes, out var hash);
            Assert.Equal(model.GetValueOrDefault(address, -1), slot);
            Assert.Equal(slot, table.Find(Address.Parse(address), out _));
            if (slot >= 0)
            {
                table.Remove(slot);
                model.Remove(address);
            }
            else
            {
                var block = memory.Allocate(RecordView.SizeOf(bytes.Length, 0));
                RecordView.Begin(memory.Span(block), bytes, step, step, 0, 0);
                model.Add(address, table.Add(hash, block, Slot.Never));
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
    public void Addresses_that_differ_little_spread_over_the_index()
    {
        var hashes = Enumerable.Range(0, 100_000).Select(static i => AddressHash.Of(Encoding.ASCII.GetBytes($"session/{i}"), 7)).ToHashSet();
        Assert.InRange(hashes.Count, 99_990, 100_000);
        Assert.InRange(hashes.GroupBy(static hash => hash & 0xff).Max(static group => group.Count()), 100_000 / 256, 100_000 / 256 * 3 / 2);
        Assert.NotEqual(AddressHash.Of("session/1"u8, 7), AddressHash.Of("session/1"u8, 8));
    }
}
