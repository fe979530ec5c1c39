using System.Diagnostics.Metrics;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests;

public sealed class RouteTableTests
{
    private readonly RouteTable table = new([Service("all", "/"), Service("shop", "/shop", "/shop/admin/deep"), Service("admin", "/shop/admin")]);

    [Theory]
    [InlineData("/", "all")]
    [InlineData("/shop", "shop")]
    [InlineData("/shop/", "shop")]
    [InlineData("/shop/cart/1", "shop")]
    [InlineData("/shopping", "all")]
    [InlineData("/Shop", "all")]
    [InlineData("/shop/admin", "admin")]
    [InlineData("/shop/admins", "shop")]
    [InlineData("/shop/admin/users/7", "admin")]
    [InlineData("/shop/admin/deep/er/and/deeper", "shop")]
    [InlineData("*", "all")]
    public void The_longest_route_of_whole_segments_takes_the_path(string path, string service)
    {
        Assert.Equal(service, table.Find(path)?.Pool.Name);
    }

    [Fact]
    public void Without_a_route_nothing_takes_a_path()
    {
        Assert.Null(new RouteTable([]).Find("/shop"));
        Assert.Null(new RouteTable([Service("shop", "/shop")]).Find("/"));
    }

    [Fact]
    public void A_path_of_many_segments_is_looked_up_no_deeper_than_the_deepest_route()
    {
        Assert.Equal("all", table.Find(string.Concat(Enumerable.Repeat("/x", 100_000)))?.Pool.Name);
    }

    private static (ServiceDeclaration, ServicePool) Service(string name, params string[] routes)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new GatewayMetrics(services.GetRequiredService<IMeterFactory>());
        return (new ServiceDeclaration(name, routes, "/healthz"), new ServicePool(name, "", metrics, TimeProvider.System, NullLogger.Instance));
    }
}
