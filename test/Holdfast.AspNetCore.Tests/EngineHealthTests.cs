using System.Diagnostics;
using System.Net;
using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Holdfast.AspNetCore.Tests;

/// <summary>What <c>/healthz</c> says of the store.</summary>
public sealed class EngineHealthTests
{
    [Fact]
    public async Task A_store_that_is_away_makes_an_instance_degraded_and_says_so_until_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync(isDurable: true);
        await using var engine = await StateEngines.OpenAsync(redis.ConnectionString, PatientOptions.Default);
        await using var host = await WebHost.StartAsync(engine, static app => app.MapHealthChecks("/healthz"));
        using var client = new HttpClient();
        await SeeAsync(host, HealthStatus.Healthy, "answers");
        await redis.KillAsync();
        await SeeAsync(host, HealthStatus.Degraded, redis.SocketPath, "keeps trying");

        // Whoever asks for the status code leaves the instance in.
        using var answer = await client.GetAsync(new Uri(host.Url, "/healthz"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Degraded", await answer.Content.ReadAsStringAsync());
        await redis.RestartAsync();
        await SeeAsync(host, HealthStatus.Healthy, "answers");
    }

    [Fact]
    public async Task A_store_that_refuses_says_why()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var engine = await StateEngines.OpenAsync(redis.ConnectionString, PatientOptions.Default);
        await using var host = await WebHost.StartAsync(engine, static app => app.MapHealthChecks("/healthz"));
        await redis.CommandAsync("ACL", "SETUSER", "default", "-fcall");
        await SeeAsync(host, HealthStatus.Degraded, "permission");
    }

    [Theory]
    [InlineData("holdfast")]
    [InlineData("Holdfast")]
    public async Task A_check_of_the_applications_own_by_that_name_is_the_one_that_is_asked(string name)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-health-").FullName;
        await using var engine = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default);
        await using (var host = await WebHost.StartAsync(
            engine, static app => app.MapHealthChecks("/healthz"),
            build: builder =>
            {
                builder.Services.AddHoldfastEngine();
                builder.Services.AddHealthChecks().AddCheck(name, static () => HealthCheckResult.Unhealthy("mine"));
            }))
        {
            await SeeAsync(host, HealthStatus.Unhealthy, "mine");
        }

        await engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Waits until the check has that result and says all of this: on a busy machine a second may be too little for an answer.</summary>
    private static async Task SeeAsync(WebHost host, HealthStatus expected, params string[] texts)
    {
        var (deadline, health) = (Stopwatch.StartNew(), host.Services.GetRequiredService<HealthCheckService>());
        while (true)
        {
            var entry = (await health.CheckHealthAsync()).Entries["holdfast"];
            if (entry.Status == expected && texts.All(text => entry.Description?.Contains(text, StringComparison.OrdinalIgnoreCase) is true))
            {
                return;
            }

            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(60), $"The check says {entry.Status}: {entry.Description}");
            await Task.Delay(20);
        }
    }
}
