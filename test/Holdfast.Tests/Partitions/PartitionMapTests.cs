using System.Globalization;
using System.Text;

namespace Holdfast.Tests.Partitions;

public sealed class PartitionMapTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("123456789", 0x31C3)]
    [InlineData("foo", 12182)]
    [InlineData("bar", 5061)]
    public void Slots_are_those_of_Redis_Cluster(string text, int slot) => Assert.Equal(slot, PartitionMap.SlotOf(text));

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(256)]
    [InlineData(4096)]
    public void Each_partition_has_the_tag_whose_slot_is_its_share_of_the_slots(int count)
    {
        var map = new PartitionMap(count);

        for (var partition = 0; partition < count; partition++)
        {
            Assert.Equal(16384 / count * partition, PartitionMap.SlotOf(map.TagOf(partition)));
        }
    }

    [Fact]
    public void Bytes_and_characters_of_an_affinity_have_the_same_partition()
    {
        var map = new PartitionMap(256);
        var random = new Random(5);
        for (var length = 0; length <= Address.MaxPartLength; length++)
        {
            var affinity = string.Create(length, random, static (text, random) => random.GetItems("~0123456789abcdefxyz", text));
            Assert.Equal(PartitionMap.SlotOf(affinity), PartitionMap.SlotOf(Encoding.ASCII.GetBytes(affinity)));
            Assert.Equal(map.PartitionOf(affinity), map.PartitionOf(Encoding.ASCII.GetBytes(affinity)));
            Assert.Equal(7, map.PartitionOf(Encoding.ASCII.GetBytes(map.Pin(7, affinity))));
        }
    }

    [Fact]
    public void An_affinity_alone_decides_the_partition()
    {
        var map = new PartitionMap(256);

        Assert.Equal(map.PartitionOf(new Address("cart", "u42")), map.PartitionOf(new Address("order", "u42", "1007")));
        Assert.Equal(PartitionMap.SlotOf("u42") / 64, map.PartitionOf("u42"));
    }

    [Fact]
    public void A_pinned_affinity_stays_in_its_partition()
    {
        var map = new PartitionMap(256);

        for (var partition = 0; partition < 256; partition++)
        {
            Assert.Equal(partition, map.PartitionOf(map.Pin(partition, "k3")));
            Assert.Equal(partition, map.PartitionOf(map.Pin(partition, "other~one")));
        }
    }

    [Theory]
    [InlineData("100~x")]
    [InlineData("0a~x")]
    [InlineData("2A~x")]
    [InlineData("~x")]
    [InlineData("zz~x")]
    [InlineData("-1~x")]
    [InlineData("1234~x")]
    public void What_only_looks_pinned_is_hashed(string affinity) =>
        Assert.Equal(PartitionMap.SlotOf(affinity) / 64, new PartitionMap(256).PartitionOf(affinity));

    [Fact]
    public void Affinities_spread_evenly()
    {
        var map = new PartitionMap(64);
        var counts = new int[64];
        for (var user = 0; user < 64_000; user++)
        {
            counts[map.PartitionOf("user" + user.ToString(CultureInfo.InvariantCulture))]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 700, 1300));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8192)]
    [InlineData(-256)]
    public void A_count_that_is_no_power_of_two_in_range_is_refused(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PartitionMap(count));
}
