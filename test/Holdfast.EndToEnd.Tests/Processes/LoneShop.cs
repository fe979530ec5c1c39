using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>One instance of the shop, alone, on the embedded engine in its own process and folder.</summary>
public sealed class LoneShop : IAsyncLifetime
{
    /// <summary>The shop's folder in the repository.</summary>
    public const string Project = "samples/Shop";

    private ApplicationProcess process = null!;

    /// <summary>What it calls itself.</summary>
    public static string Instance => "lone";

    public Uri Url => process.Url;

    public async ValueTask InitializeAsync() => process = await ApplicationProcess.StartAsync(Instance, Project, state: null);

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
