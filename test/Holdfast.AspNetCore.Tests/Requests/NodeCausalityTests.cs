using Holdfast.TestServers;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>On the embedded engine that a node serves, as <c>holdfast up</c> runs it.</summary>
public sealed class NodeCausalityTests : CausalityTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-aspnet-").FullName;
    private EmbeddedEngine engine = null!;
    private StateNode node = null!;

    protected override async Task<string> StartStoreAsync()
    {
        engine = await EmbeddedEngine.OpenAsync(Path.Combine(folder, "state"), PatientOptions.Default);
        var socket = Path.Combine(folder, "node.sock");
        node = await StateNode.StartAsync(engine, new StateNodeOptions { UnixSocketPath = socket });
        return "redis+unix://" + socket;
    }

    protected override async ValueTask StopStoreAsync()
    {
        await node.DisposeAsync();
        await engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
