using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>A commit that is replayed in a later term than it was made in.</summary>
public sealed class ReplayCausalityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-aspnet-").FullName;
    private readonly HttpClient browser = WebHost.Browser();

    public void Dispose()
    {
        browser.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_replay_that_shows_a_later_terms_record_is_not_taken_for_a_loss()
    {
        await using (var before = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default))
        {
            await using var host = await WebHost.StartAsync(before, Map);
            Assert.Equal("1", await browser.GetStringAsync(host.At("/once")));
        }

        await using var engine = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default);
        await using var reopened = await WebHost.StartAsync(engine, Map);
        using var lost = new LongCounter(reopened, "holdfast.stamps.lost");
        await engine.CommitAsync(AddTo());
        Assert.Equal("2", await browser.GetStringAsync(reopened.At("/once")));
        Assert.Equal("2", await browser.GetStringAsync(reopened.At("/read")));
        Assert.Equal(0, lost.Value);
    }

    private static Commit AddTo(RequestId? request = null) =>
        new(RecordChange.Update(new Address("thing", "x")).Add("n", 1)) { Request = request };

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.MapGet("/once", async (HttpContext context) =>
        {
            var result = await context.GetState().CommitAsync(AddTo(new RequestId("once")));
            return result.Records[0]!.Counter("n");
        });
        app.MapGet("/read", async (HttpContext context) =>
        {
            var record = await context.GetState().ReadAsync(new Address("thing", "x"), context.RequestAborted);
            return record!.Counter("n");
        });
    }
}
