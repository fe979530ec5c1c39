using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>The application with the two lines, on three hosts and a node.</summary>
public sealed class StatelessOnNode() : Site(Project, count: 3, killsAfterPost: true)
{
    public const string Project = "test/StockApplication.Stateless";
    private NodeServer node = null!;

    protected override async Task<string?> StartStoreAsync()
    {
        node = await NodeServer.StartAsync();
        return node.ConnectionString;
    }

    protected override ValueTask StopStoreAsync() => node.DisposeAsync();
}
