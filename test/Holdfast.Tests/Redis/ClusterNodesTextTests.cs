using Holdfast.Redis;

namespace Holdfast.Tests.Redis;

public sealed class ClusterNodesTextTests
{
    [Fact]
    public void Primaries_are_told_without_those_that_have_failed_and_have_nothing()
    {
        const string Text = """
            a 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-5 [7->-b]
            b 127.0.0.1:2@12 master - 0 0 2 connected
            c 127.0.0.1:3@13 master,fail - 0 0 3 connected 6-16383
            d 127.0.0.1:4@14 master,fail - 0 0 4 connected
            e 127.0.0.1:5@15 slave a 0 0 1 connected
            """;
        var primaries = ClusterNodesText.PrimariesIn(Text, new RedisPlace("127.0.0.1", 1), isTls: false);
        Assert.Equal([(1, 1), (2, 0), (3, 1)], primaries.Select(static primary => (primary.Place.Port, primary.Slots.Count)));
    }
}
