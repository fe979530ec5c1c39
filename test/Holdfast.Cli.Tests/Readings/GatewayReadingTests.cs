using Holdfast.Cli.Readings;

namespace Holdfast.Cli.Tests.Readings;

public sealed class GatewayReadingTests
{
    [Fact]
    public void What_a_gateway_tells_of_an_instance_is_read()
    {
        var reading = GatewayReading.Parse("""
            # HELP holdfast_gateway_instance_requests_total Sendings by instance and class of status.
            # TYPE holdfast_gateway_instance_requests_total counter
            holdfast_gateway_instance_requests_total{service="web",instance="web-1",status="none"} 2
            holdfast_gateway_instance_requests_total{service="web",instance="web-1",status="2xx"} 40
            holdfast_gateway_instance_requests_total{service="web",instance="web-1",status="4xx"} 5
            holdfast_gateway_instance_requests_total{service="web",instance="web-1",status="5xx"} 3
            holdfast_gateway_instance_in_flight{service="web",instance="web-1"} 4
            holdfast_gateway_instance_ready{service="web",instance="web-1"} 1
            holdfast_gateway_instance_ready{service="web",instance="web-2"} 0
            holdfast_gateway_breaker_open{service="web",route="/"} 1
            holdfast_gateway_breaker_open{service="web",route="/admin"} 0
            this is no sample
            """);
        Assert.Equal(new InstanceReading { IsReady = true, InFlight = 4, Requests = new RequestCount(50, 5) }, reading.Of("web-1"));
        Assert.Equal(new InstanceReading(), reading.Of("web-2"));
        Assert.Null(reading.Of("web-3"));
        Assert.Equal([("web", "/")], reading.OpenBreakers);
    }

    [Fact]
    public void Labels_may_hold_anything()
    {
        var sample = Assert.Single(PrometheusSample.Read("""name{route="/a\"b\\c\nd,}",other=""} 1.5E+3"""));
        Assert.Equal("/a\"b\\c\nd,}", sample.Labels["route"]);
        Assert.Equal(("name", "", 1500), (sample.Name, sample.Labels["other"], sample.Value));
    }

    [Fact]
    public void A_gateway_that_counts_anew_makes_no_count_negative() =>
        Assert.Equal(new RequestCount(0, 0), new RequestCount(3, 1).Since(new RequestCount(10, 2)));
}
