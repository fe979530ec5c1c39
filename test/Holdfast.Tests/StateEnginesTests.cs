using Holdfast.TestServers;

namespace Holdfast.Tests;

public sealed class StateEnginesTests
{
    [Fact]
    public async Task A_folder_opens_the_embedded_engine()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-state-");
        await using (var engine = await StateEngines.OpenAsync($"embedded:{folder.FullName}", PatientOptions.Default))
        {
            Assert.IsType<EmbeddedEngine>(engine);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_socket_and_a_port_open_the_Redis_engine()
    {
        foreach (var isTcp in new[] { false, true })
        {
            await using var server = await RedisServer.StartAsync(isTcp, password: "p@ss/word");
            await using var engine = await StateEngines.OpenAsync(server.ConnectionString, PatientOptions.Default);
            Assert.StartsWith("redis 7", engine.Capabilities.Name, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("embedded:")]
    [InlineData("embedded")]
    [InlineData("postgres://u:s3cret@db")]
    [InlineData("redis:s3cret")]
    [InlineData("redis+ssl://u:s3cret@db")]
    public async Task Anything_else_is_told_the_forms_and_not_repeated(string state)
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(async () => await StateEngines.OpenAsync(state));

        Assert.Contains("embedded:FOLDER", fault.Message, StringComparison.Ordinal);
        Assert.Contains("redis+unix://", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.Message, StringComparison.Ordinal);
    }
}
