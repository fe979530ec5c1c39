using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Topologies;

public sealed class ServiceOrderTests
{
    [Fact]
    public void What_is_needed_comes_first()
    {
        var services = Parse("""
            services:
              web: { run: x, needs: [ api, images ] }
              api: { run: x, routes: /api, needs: prices }
              images: { run: x, routes: /images }
              prices: { run: x, routes: [] }
            """, []);
        Assert.Equal(["images prices", "api", "web"], ServiceOrder.GroupsOf(services).Select(static group => string.Join(' ', group)));
    }

    [Fact]
    public void Needs_that_can_not_be_met_are_told()
    {
        Parse("""
            services:
              web: { run: x, needs: [ pi, base ] }
              api: { run: x, routes: /api, needs: web2 }
              web2: { run: x, routes: /2, needs: [ web3 ] }
              web3: { run: x, routes: /3, needs: [ api ] }
              alone: { run: x, routes: [], needs: alone }
            """, [
            "2: service web needs pi, and there is no such service: did you mean api?",
            "2: service web needs base, and there is no such service: remove it",
            "3: service api would wait for itself (api needs web2 needs web3 needs api): remove one of these needs",
            "4: service web2 would wait for itself (web2 needs web3 needs api needs web2): remove one of these needs",
            "5: service web3 would wait for itself (web3 needs api needs web2 needs web3): remove one of these needs",
            "6: service alone would wait for itself (alone needs alone): remove one of these needs",
        ]);
    }

    private static IReadOnlyList<ServiceTopology> Parse(string text, string[] expected)
    {
        var (topology, problems) = TopologyParser.Parse("/x/holdfast.yaml", text);
        Assert.Equal(expected, problems.Select(static problem => $"{problem.Line}: {problem.Message}"));
        return topology.Services;
    }
}
