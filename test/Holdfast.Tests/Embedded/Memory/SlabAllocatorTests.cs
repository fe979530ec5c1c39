using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>Blocks keep what is put into them, overlap none, waste little, and their pages go back.</summary>
public sealed class SlabAllocatorTests
{
    [Fact]
    public void A_size_class_holds_what_was_asked_for_and_wastes_little_of_it()
    {
        for (var bytes = 1; bytes <= SizeClasses.MaxBytes; bytes++)
        {
            var block = SizeClasses.BytesOf(SizeClasses.Of(bytes));
            var bound = bytes <= 128 ? bytes + SizeClasses.GranuleBytes - 1 : bytes <= 8192 ? bytes + (bytes / 8) : bytes + (bytes / 2) + SizeClasses.GranuleBytes;
            Assert.True(block >= bytes && block <= bound, $"{bytes} bytes got a block of {block}.");
            Assert.True(block % SizeClasses.GranuleBytes == 0, $"A block of {block} bytes can't be addressed.");
        }

        for (var bytes = SizeClasses.MaxBytes + 1; bytes < 2 << 20; bytes += 997)
        {
            Assert.InRange(SizeClasses.BytesOfLarge(bytes), bytes, Math.Max(bytes + 4096, bytes * 9L / 8));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Blocks_keep_their_content_whatever_comes_and_goes(int seed)
    {
        using var allocator = new SlabAllocator();
        var random = new Random(seed);
        List<(uint Handle, int Bytes, byte Content)> live = [];
        var used = 0L;
        for (var step = 0; step < Experiment.Count(20_000, 500_000); step++)
        {
            // Grows and shrinks in turns, so that slabs fill up and empty.
            if (live.Count == 0 || random.Next(1000) < (step / 2000 % 2 == 0 ? 600 : 400))
            {
                var bytes = random.Next(20) switch { 0 => random.Next(1, 300_000), < 4 => random.Next(1, 40_000), _ => random.Next(1, 2000) };
                var handle = allocator.Allocate(bytes);
                Assert.True(allocator.Span(handle).Length >= bytes);
                allocator.Span(handle)[..bytes].Fill((byte)step);
                live.Add((handle, bytes, (byte)step));
                used += allocator.BytesOf(handle);
            }
            else
            {
                var index = random.Next(live.Count);
                var (handle, bytes, content) = live[index];
                Assert.False(allocator.Span(handle)[..bytes].ContainsAnyExcept(content), "A block lost its content.");
                used -= allocator.BytesOf(handle);
                allocator.Free(handle);
                live[index] = live[^1];
                live.RemoveAt(live.Count - 1);
            }

            Assert.Equal(used, allocator.UsedBytes);
        }

        foreach (var (handle, bytes, content) in live)
        {
            Assert.False(allocator.Span(handle)[..bytes].ContainsAnyExcept(content), "A block lost its content.");
            allocator.Free(handle);
        }

        Assert.Equal(0, allocator.UsedBytes);
        Assert.InRange(allocator.HeldBytes, 0, (long)SizeClasses.Count * SlabAllocator.SlabBytes);
    }

    [Fact]
    public void Full_slabs_leave_nothing_unused_but_what_the_size_class_does()
    {
        using var allocator = new SlabAllocator();
        for (var i = 0; i < 20_000; i++)
        {
            allocator.Allocate(700);
        }

        Assert.InRange(allocator.HeldBytes, allocator.UsedBytes, (allocator.UsedBytes * 102 / 100) + SlabAllocator.SlabBytes);
    }

    [Fact]
    public void Freed_slabs_serve_other_sizes()
    {
        using var allocator = new SlabAllocator();
        var handles = Enumerable.Range(0, 10_000).Select(_ => allocator.Allocate(100)).ToList();
        var held = allocator.HeldBytes;
        handles.ForEach(allocator.Free);
        Assert.InRange(allocator.HeldBytes, 0, SlabAllocator.SlabBytes);
        for (var i = 0; i < 1000; i++)
        {
            allocator.Allocate(1000);
        }

        Assert.InRange(allocator.HeldBytes, 0, held + (3 * SlabAllocator.SlabBytes));
    }
}
