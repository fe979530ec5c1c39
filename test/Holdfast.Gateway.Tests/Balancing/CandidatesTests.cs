using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Tests.Balancing;

public sealed class CandidatesTests
{
    private readonly SteppedClock clock = new();

    [Fact]
    public void One_that_is_ailing_is_left_out_until_fewer_than_half_are_well()
    {
        var instances = Instances.Several(4, clock);
        Ail(instances[0]);
        Ail(instances[1]);
        Assert.Equal(instances[2..], Candidates.Of(instances, "").Near);

        Ail(instances[2]);
        Assert.Equal(instances, Candidates.Of(instances, "").Near);
    }

    [Fact]
    public void One_that_takes_no_connection_gets_nothing_even_in_a_panic()
    {
        var instances = Instances.Several(3, clock);
        instances[0].ConnectionFailed();
        Ail(instances[1]);
        Ail(instances[2]);

        Assert.Equal(instances[1..], Candidates.Of(instances, "").Near);
    }

    [Fact]
    public void The_near_region_is_left_only_by_what_its_instances_cannot_take()
    {
        Upstream[] near = [.. Enumerable.Range(0, 10).Select(number => Instances.One($"near-{number}", clock, region: "eu-1"))];
        Upstream[] all = [.. near, Instances.One("far", clock, region: "eu-2")];
        Assert.Equal(1, Candidates.Of(all, "eu-1").NearShare);

        Array.ForEach(near[..3], static one => one.ConnectionFailed());
        Assert.Equal(0.98, Candidates.Of(all, "eu-1").NearShare, 3);
        Array.ForEach(near[3..8], static one => one.ConnectionFailed());
        Assert.Equal(0.28, Candidates.Of(all, "eu-1").NearShare, 3);
        Array.ForEach(near[8..], static one => one.ConnectionFailed());
        Assert.Equal(0, Candidates.Of(all, "eu-1").NearShare);
        Assert.Equal("far", Assert.Single(Candidates.Of(all, "eu-1").Far).Id);
    }

    [Fact]
    public void A_gateway_or_an_instance_without_a_region_is_near_everything()
    {
        Upstream[] instances = [Instances.One("shop-1", clock, region: "eu-1"), Instances.One("shop-2", clock)];

        Assert.Equal(2, Candidates.Of(instances, "").Near.Length);
        Assert.Equal("shop-2", Assert.Single(Candidates.Of(instances, "us-1").Near).Id);
    }

    private static void Ail(Upstream upstream)
    {
        for (var i = 0; i < GatewayLimits.HealthFailures; i++)
        {
            upstream.HealthFailed(isSilent: false);
        }
    }
}
