using Holdfast.AspNetCore.Tests.Sessions;
using Holdfast.TestServers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tests;

public sealed class EngineOpeningTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-aspnet-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Without_a_named_store_the_embedded_engine_runs_under_the_content_root_and_keeps_sessions()
    {
        using var browser = WebHost.Browser();
        for (var i = 0; i < 2; i++)
        {
            await using var host = await WebHost.StartAsync(null, SessionTests.Map, contentRoot: folder);
            Assert.True(Directory.Exists(Path.Combine(folder, ".holdfast", "state")));
            Assert.Equal("embedded", host.Services.GetRequiredService<StateEngine>().Capabilities.Name);
            if (i == 0)
            {
                await browser.PostAsync(host.At("/set/a"), new StringContent("1"));
            }

            Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
        }
    }

    [Theory]
    [InlineData("HOLDFAST_STATE")]
    [InlineData("Holdfast:State")]
    public async Task The_configuration_names_the_store(string key)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var host = await WebHost.StartAsync(
            null,
            SessionTests.Map,
            static options => options.Engine = PatientOptions.Default,
            builder => builder.Configuration.AddInMemoryCollection([new(key, redis.ConnectionString)]),
            folder);
        Assert.StartsWith("redis", host.Services.GetRequiredService<StateEngine>().Capabilities.Name, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, ".holdfast")));
    }

    [Fact]
    public async Task A_store_that_is_not_there_stops_the_start_with_an_error_that_names_it()
    {
        var port = FreePort.Next();
        var fault = await Assert.ThrowsAsync<StateUnavailableException>(() => WebHost.StartAsync(
            null,
            SessionTests.Map,
            options =>
            {
                options.State = $"redis://:secret@127.0.0.1:{port}";
                options.Engine = options.Engine with { CommitTimeout = TimeSpan.FromSeconds(1) };
            },
            contentRoot: folder));
        Assert.Contains($"127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_of_no_engine_stops_the_start_and_keeps_its_password()
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => WebHost.StartAsync(
            null, SessionTests.Map, options => options.State = "mongodb://user:secret@host", contentRoot: folder));
        Assert.Contains("embedded:FOLDER", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_options_stop_the_start_all_at_once()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => WebHost.StartAsync(
            null,
            SessionTests.Map,
            options =>
            {
                options.State = " ";
                options.SessionIdleTimeout = TimeSpan.Zero;
                options.SessionAbsoluteTimeout = TimeSpan.FromDays(1000);
                options.CookieName = "a b";
                options.ResponseBufferBytes = -1;
            },
            contentRoot: folder));
        Assert.Equal(5, fault.Failures.Count());
    }

    [Fact]
    public void UseHoldfast_without_its_services_says_what_to_call()
    {
        var fault = Assert.Throws<InvalidOperationException>(() =>
            Microsoft.AspNetCore.Builder.HoldfastApplicationBuilderExtensions.UseHoldfast(
                new Microsoft.AspNetCore.Builder.ApplicationBuilder(new ServiceCollection().BuildServiceProvider())));
        Assert.Contains("AddHoldfast", fault.Message, StringComparison.Ordinal);
    }
}
