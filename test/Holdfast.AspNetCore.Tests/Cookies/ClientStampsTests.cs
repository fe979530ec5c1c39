using Holdfast.AspNetCore.Cookies;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class ClientStampsTests
{
    [Fact]
    public void A_partition_keeps_its_highest_revision_and_an_older_one_is_no_news()
    {
        var stamps = new ClientStamps();
        stamps.Add(new Stamp(1, 10, 5), 100, isWrite: false);
        stamps.Add(new Stamp(1, 10, 4), 101, isWrite: false);
        Assert.Equal(new SeenStamp(new Stamp(1, 10, 5), 100), Assert.Single(stamps.All));
        stamps.Add(new Stamp(1, 11, 3), 102, isWrite: false);
        Assert.Equal(new Stamp(1, 11, 5), stamps.Of(1));
        Assert.Equal(Freshness.AtLeast(new Stamp(1, 11, 5)), stamps.FreshnessOf(1, 102));
    }

    [Fact]
    public void An_untouched_partition_leaves_no_stamp_and_is_read_from_near_caches()
    {
        var stamps = new ClientStamps();
        stamps.Add(new Stamp(1, 0, 0), 100, isWrite: false);
        Assert.Empty(stamps.All);
        Assert.False(stamps.HaveMoved);
        Assert.Equal(Freshness.Pushed, stamps.FreshnessOf(1, 100));
    }

    [Fact]
    public void Old_stamps_drop_out_but_the_sessions_own_stays()
    {
        var stamps = new ClientStamps();
        stamps.Add(new Stamp(1, 10, 5), 100, isWrite: true);
        stamps.Add(new Stamp(2, 10, 5), 100, isWrite: true);
        stamps.Add(new Stamp(3, 10, 5), 150, isWrite: true);
        stamps.Trim(sessionPartition: 1, nowSeconds: 161, keepSeconds: 60);
        Assert.Equal([1, 3], stamps.All.Select(item => item.Stamp.Partition));
    }

    [Fact]
    public void Beyond_eight_the_oldest_go_and_unlisted_partitions_are_read_from_the_store_for_a_while()
    {
        var stamps = new ClientStamps();
        for (var partition = 0; partition < 12; partition++)
        {
            stamps.Add(new Stamp(partition, 10, 5), 100 + partition, isWrite: true);
        }

        stamps.Trim(sessionPartition: 0, nowSeconds: 120, keepSeconds: 60);
        Assert.Equal([0, 5, 6, 7, 8, 9, 10, 11], stamps.All.Select(item => item.Stamp.Partition));
        Assert.Equal(Freshness.Latest, stamps.FreshnessOf(4, 179));
        Assert.Equal(Freshness.Pushed, stamps.FreshnessOf(4, 180));
    }

    [Fact]
    public void An_earlier_cookie_adds_what_it_saw_later_and_lately()
    {
        var stamps = new ClientStamps();
        stamps.Restore(new SeenStamp(new Stamp(1, 10, 5), 100));
        stamps.Restore(new SeenStamp(new Stamp(2, 10, 5), 100));
        var earlier = new ClientStamps { StoreUntil = 130 };
        earlier.Restore(new SeenStamp(new Stamp(1, 9, 7), 90));
        earlier.Restore(new SeenStamp(new Stamp(2, 10, 8), 110));
        earlier.Restore(new SeenStamp(new Stamp(3, 10, 5), 61));
        earlier.Restore(new SeenStamp(new Stamp(4, 10, 5), 59));
        stamps.AddEarlier(earlier, nowSeconds: 120, keepSeconds: 60);
        Assert.Equal([new Stamp(1, 10, 5), new Stamp(2, 10, 8), new Stamp(3, 10, 5)], stamps.All.Select(item => item.Stamp));
        Assert.Equal(Freshness.Latest, stamps.FreshnessOf(4, 120));
    }

    [Fact]
    public void An_earlier_cookie_does_not_bring_back_what_was_forgotten_as_lost()
    {
        var stamps = new ClientStamps();
        stamps.ForgetAll(storeUntil: 180);
        var earlier = new ClientStamps();
        earlier.Restore(new SeenStamp(new Stamp(1, 10, 5), 119));
        stamps.AddEarlier(earlier, nowSeconds: 120, keepSeconds: 60);
        Assert.Empty(stamps.All);
        Assert.Equal(Freshness.Latest, stamps.FreshnessOf(1, 120));
    }
}
