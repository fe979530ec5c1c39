using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>A server that does not tell what terms go by, as some proxies and services do.</summary>
public sealed class HiddenTenureTests
{
    private const string ReplicationId = "master_replid:";
    private const string LineBefore = "master_failover_state:no-failover\r\n";

    [Theory]
    [InlineData("run_id", "run_id:", "ran_id:")]
    [InlineData("master_replid", ReplicationId, "master_hidden:")]
    [InlineData("master_replid", LineBefore + ReplicationId, ReplicationId + "none-of-your-trade\r\n" + "master_hidden:")]
    public async Task A_server_that_hides_its_ids_is_refused_with_the_remedy(string hidden, string told, string instead)
    {
        await using var server = await RedisServer.StartAsync(isTcp: true);
        await using var proxy = new RenamingProxy(server.Port, isOfReplies: true, (Encoding.ASCII.GetBytes(told), Encoding.ASCII.GetBytes(instead.PadRight(told.Length))));
        var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default));
        Assert.StartsWith($"{proxy.ConnectionString["redis://".Length..]} does not tell its {hidden} in INFO as 40 hexadecimal digits", fault.Message, StringComparison.Ordinal);
        Assert.Contains("connect to a Redis or Valkey server itself", fault.Message, StringComparison.Ordinal);
    }
}
