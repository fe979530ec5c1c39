using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Memory;

public sealed class SpareBlocksTests
{
    private const int Plenty = 1 << 20;

    [Fact]
    public void A_block_that_was_let_go_is_taken_again_for_its_size_alone()
    {
        using var memory = new SlabAllocator();
        var spares = new SpareBlocks(memory, Plenty);
        var block = spares.Allocate(100);
        spares.Free(block);
        Assert.NotEqual(block, spares.Allocate(200));
        Assert.Equal(block, spares.Allocate(98));
        Assert.NotEqual(block, spares.Allocate(98));
    }

    [Fact]
    public void Few_and_small_ones_of_one_size_are_kept_and_all_others_are_given_back()
    {
        using var memory = new SlabAllocator();
        var spares = new SpareBlocks(memory, Plenty);
        List<uint> blocks = [.. Enumerable.Range(0, 100).Select(_ => spares.Allocate(64))];
        blocks.ForEach(spares.Free);
        Assert.Equal((16, 16 * 64L), (memory.UsedBlocks, memory.UsedBytes));

        List<uint> again = [.. Enumerable.Range(0, 16).Select(_ => spares.Allocate(64))];
        Assert.Equal(16, again.Distinct().Count());
        Assert.Equal(16, memory.UsedBlocks);
        again.ForEach(spares.Free);
        spares.Free(spares.Allocate(128));
        Assert.Equal((1, 128), (memory.UsedBlocks, memory.UsedBytes));
        spares.Free(spares.Allocate(4000));
        Assert.Equal(0, memory.UsedBlocks);
    }

    [Fact]
    public void None_is_kept_beyond_what_they_may_take_and_none_once_they_are_cleared()
    {
        using var memory = new SlabAllocator();
        var few = new SpareBlocks(memory, 2000);
        List<uint> blocks = [.. Enumerable.Range(0, 10).Select(_ => few.Allocate(64))];
        blocks.ForEach(few.Free);
        Assert.Equal(3, memory.UsedBlocks);
        few.Clear();
        Assert.Equal(0, memory.UsedBlocks);
        var none = new SpareBlocks(memory, 0);
        none.Free(none.Allocate(64));
        Assert.Equal(0, memory.UsedBlocks);
    }
}
