using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>TLS on a real redis-server, with an authority of the test's own.</summary>
public sealed class RedisTlsTests : IDisposable
{
    private static readonly StateEngineOptions Patient = new() { CommitTimeout = TimeSpan.FromSeconds(60) };

    private readonly TestAuthority authority = new();

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task The_named_authority_is_trusted_in_each_form_of_a_connection_string()
    {
        await using var server = await RedisServer.StartAsync(tls: authority, password: "p@ss", arguments: ["--tls-auth-clients", "no"]);
        await UseAsync($"{server.ConnectionString}?ca={authority.File}");
        await UseAsync($"localhost:{server.Port},password=p@ss,ssl=true,ca={authority.File}");
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_told_with_the_remedy()
    {
        using var stranger = new TestAuthority();
        await using var server = await RedisServer.StartAsync(tls: authority, arguments: ["--tls-auth-clients", "no"]);
        Assert.Contains("?ca=FILE", await RefusalAsync(server.ConnectionString), StringComparison.Ordinal);
        Assert.Contains($"no authority in {stranger.File} signed it", await RefusalAsync($"{server.ConnectionString}?ca={stranger.File}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_unless_that_name_is_meant()
    {
        using var elsewhere = new TestAuthority("store.example");
        await using var server = await RedisServer.StartAsync(tls: elsewhere, arguments: ["--tls-auth-clients", "no"]);
        Assert.Contains("it is not for the name localhost", await RefusalAsync($"{server.ConnectionString}?ca={elsewhere.File}"), StringComparison.Ordinal);
        await UseAsync($"{server.ConnectionString}?ca={elsewhere.File}&host=store.example");
    }

    [Fact]
    public async Task A_client_certificate_is_shown_and_one_that_is_missing_or_foreign_is_told()
    {
        using var stranger = new TestAuthority();
        await using var server = await RedisServer.StartAsync(tls: authority, arguments: ["--tls-auth-clients", "yes"]);
        var trusting = $"{server.ConnectionString}?ca={authority.File}";
        await UseAsync($"{trusting}&cert={authority.ClientFile}&key={authority.ClientKeyFile}");
        Assert.Contains("wants a client certificate", await RefusalAsync(trusting), StringComparison.Ordinal);
        Assert.Contains("wants a client certificate", await RefusalAsync($"{trusting}&cert={stranger.ClientFile}&key={stranger.ClientKeyFile}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_can_not_be_used_are_named()
    {
        await using var server = await RedisServer.StartAsync(tls: authority, arguments: ["--tls-auth-clients", "no"]);
        Assert.Contains("/nowhere/ca.pem", await RefusalAsync($"{server.ConnectionString}?ca=/nowhere/ca.pem"), StringComparison.Ordinal);
        Assert.Contains(authority.ClientKeyFile, await RefusalAsync($"{server.ConnectionString}?ca={authority.ClientKeyFile}"), StringComparison.Ordinal);
        Assert.Contains(
            "as cert and key", await RefusalAsync($"{server.ConnectionString}?ca={authority.File}&cert={authority.ClientFile}&key={authority.ServerKeyFile}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_TLS_to_who_does_not_is_told_on_either_side()
    {
        await using var plain = await RedisServer.StartAsync(isTcp: true);
        await using var encrypted = await RedisServer.StartAsync(tls: authority, arguments: ["--tls-auth-clients", "no"]);
        var hasty = new StateEngineOptions { CommitTimeout = TimeSpan.FromMilliseconds(200) };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        StateUnavailableException cut;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            cut = await Assert.ThrowsAsync<StateUnavailableException>(async () => await RedisEngine.OpenAsync($"redis://localhost:{encrypted.Port}", hasty));
        }
        while (!cut.Message.Contains("begin the connection string with rediss://", StringComparison.Ordinal));

        // A server that takes TLS for the beginning of a long command is as silent as one that has no time now.
        var silence = await Assert.ThrowsAsync<StateUnavailableException>(async () => await RedisEngine.OpenAsync($"rediss://127.0.0.1:{plain.Port}?ca={authority.File}", hasty));
        Assert.Contains("begin the connection string with redis://", silence.Message, StringComparison.Ordinal);
    }

    private static async Task UseAsync(string connection)
    {
        await using var engine = await RedisEngine.OpenAsync(connection, Patient);
        var value = new byte[500_000];
        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(new Address("tls", "t")).Set("large", value).Add("n", 1)))).IsCommitted);
        Assert.Equal(value.Length, (await engine.ReadAsync(new Address("tls", "t"))).Record!["large"]!.Value.Length);
    }

    private static async Task<string> RefusalAsync(string connection) =>
        (await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(connection, Patient))).Message;
}
