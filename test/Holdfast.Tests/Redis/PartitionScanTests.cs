using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>Which server a scan asks next, as the partition goes from one to another. No server is there: pages are made up.</summary>
public sealed class PartitionScanTests : IAsyncLifetime
{
    private static readonly RedisPlace One = new("127.0.0.1", 1);
    private static readonly RedisPlace Other = new("127.0.0.1", 2);
    private static readonly ScanCursor Midway = new("run", "7");

    private readonly ClusterRoutes routes = new(
        RedisAddress.Parse("redis://127.0.0.1:1"),
        new StoreView(PatientOptions.Default, new PartitionMap(PatientOptions.Default.PartitionCount), "client"),
        new SignalTable(),
        PatientOptions.Default);

    public ValueTask InitializeAsync()
    {
        Take((One, [(0, 16383)]), (Other, []));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => routes.DisposeAsync();

    [Fact]
    public void The_partitions_own_server_is_scanned_to_its_end_and_then_the_others()
    {
        var scan = new PartitionScan(routes, 0);
        AssertGoesOn(scan, One, ScanCursor.Start);
        scan.Take(new ScanPage(Midway, []));
        AssertGoesOn(scan, One, Midway);
        scan.Take(new ScanPage(Midway with { Position = "0" }, []));
        AssertGoesOn(scan, Other, ScanCursor.Start);
        scan.Take(new ScanPage(Midway with { Position = "0" }, []));
        Assert.False(scan.TryGoOn());
    }

    [Fact]
    public void A_partition_that_goes_elsewhere_is_scanned_there_from_the_beginning_and_then_at_the_others_again()
    {
        var scan = new PartitionScan(routes, 0);
        AssertGoesOn(scan, One, ScanCursor.Start);
        scan.Take(new ScanPage(Midway with { Position = "0" }, []));
        AssertGoesOn(scan, Other, ScanCursor.Start);
        scan.Take(new ScanPage(Midway, []));
        Take((One, []), (Other, [(0, 16383)]));
        Assert.True(scan.IsOvertaken);
        AssertGoesOn(scan, Other, ScanCursor.Start);
        scan.Take(new ScanPage(Midway with { Position = "0" }, []));
        AssertGoesOn(scan, One, ScanCursor.Start);
    }

    [Fact]
    public void A_server_that_is_replaced_is_given_up()
    {
        var scan = new PartitionScan(routes, 0);
        AssertGoesOn(scan, One, ScanCursor.Start);
        Assert.False(scan.IsOvertaken);
        Take((Other, [(0, 16383)]));
        Assert.True(scan.IsOvertaken);
        AssertGoesOn(scan, Other, ScanCursor.Start);
        scan.Take(new ScanPage(Midway with { Position = "0" }, []));
        Assert.False(scan.TryGoOn());
    }

    [Fact]
    public void In_another_process_of_the_server_a_scan_begins_anew()
    {
        Assert.Equal("7", Midway.PositionAt(ServerProfile.Unknown with { RunId = "run" }));
        Assert.Equal("0", Midway.PositionAt(ServerProfile.Unknown with { RunId = "another" }));
    }

    private static void AssertGoesOn(PartitionScan scan, RedisPlace place, ScanCursor cursor)
    {
        Assert.True(scan.TryGoOn());
        Assert.Equal((place, cursor), (scan.Node!.Keeper.Place, scan.Cursor));
    }

    private void Take(params (RedisPlace Place, (int First, int Last)[] Slots)[] primaries) =>
        routes.Take([.. primaries.Select(static primary => new ClusterPrimary(primary.Place, primary.Slots.Length, primary.Slots))]);
}
