using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>What a handler enlists is committed with its session: all of one partition in one commit, the session's last.</summary>
public sealed class EnlistingTests : IAsyncLifetime
{
    private readonly HttpClient browser = WebHost.Browser();
    private readonly List<Commit> commits = [];
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        engine.BeforeCommit = commit =>
        {
            commits.Add(commit);
            return Task.CompletedTask;
        };
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task What_belongs_to_the_session_goes_in_one_commit_with_it()
    {
        await using var host = await StartAsync(context =>
        {
            var state = context.GetState();
            var affinity = state.SessionAffinity;
            state.Enlist(RecordChange.Update(new Address("cart", affinity)).Add("sku:a", 1));
            state.Enlist(affinity, new NewEvent("added", Encoding.UTF8.GetBytes("a")));
            context.Session.SetString("last", "a");
        });
        await GetAsync(host, HttpStatusCode.OK);
        await GetAsync(host, HttpStatusCode.OK);
        Assert.Equal(2, commits.Count);
        Assert.All(commits, static commit => Assert.Equal(["cart", "session"], commit.Changes.Select(static change => change.Address.Kind)));
        var session = commits[0].Changes[1].Address.Affinity;
        Assert.Equal(2, (await engine.ReadAsync(new Address("cart", session))).Record!.Counter("sku:a"));
        var journal = await engine.ReadJournalAsync(engine.Partitions.PartitionOf(session), default);
        Assert.Equal(2, journal.Events.Count);
    }

    [Fact]
    public async Task Other_partitions_go_first_each_in_a_commit_of_its_own_and_the_session_last()
    {
        await using var host = await StartAsync(context =>
        {
            var state = context.GetState();
            var home = engine.Partitions.PartitionOf(state.SessionAffinity);
            string Beside(int places) => engine.Partitions.Pin((home + places) % engine.Partitions.Count, "x");
            context.Session.SetString("a", "1");
            state.Enlist(RecordChange.Update(new Address("order", Beside(1))).Set("n", "1"));
            state.Enlist(RecordChange.Update(new Address("stock", Beside(2))).Add("left", -1));
            state.Enlist(RecordChange.Update(new Address("bill", Beside(1))).Set("n", "1"));
        });
        await GetAsync(host, HttpStatusCode.OK);
        Assert.Equal(["order bill", "stock", "session"], commits.Select(static commit => string.Join(' ', commit.Changes.Select(static change => change.Address.Kind))));
    }

    [Fact]
    public async Task Without_a_session_enlisted_changes_are_committed_all_the_same()
    {
        await using var host = await StartAsync(static context => context.GetState().Enlist(RecordChange.Update(new Address("thing", "x")).Set("n", "1")));
        await GetAsync(host, HttpStatusCode.OK);
        Assert.NotNull((await engine.ReadAsync(new Address("thing", "x"))).Record);
        Assert.Single(commits);
    }

    [Fact]
    public async Task A_refused_change_is_answered_409_and_the_session_stays_as_it_was()
    {
        await using var host = await StartAsync(static context =>
        {
            var state = context.GetState();
            state.Enlist(RecordChange.Update(new Address("order", state.SessionAffinity)).When(Condition.Exists).Set("n", "1"));
            context.Session.SetString("a", "1");
        });
        using var response = await GetAsync(host, HttpStatusCode.Conflict);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Null((await engine.ReadAsync(Assert.Single(commits).Changes[1].Address)).Record);
    }

    [Fact]
    public async Task A_handler_that_throws_commits_nothing_of_what_it_enlisted()
    {
        await using var host = await StartAsync(static context =>
        {
            context.GetState().Enlist(RecordChange.Update(new Address("thing", "x")).Set("n", "1"));
            throw new InvalidOperationException("the handler's own");
        });
        await GetAsync(host, HttpStatusCode.InternalServerError);
        Assert.Empty(commits);
    }

    [Fact]
    public async Task A_record_enlisted_twice_is_the_callers_mistake()
    {
        await using var host = await StartAsync(static context =>
        {
            context.GetState().Enlist(RecordChange.Update(new Address("thing", "x")).Set("n", "1"));
            Assert.Throws<ArgumentException>(() => context.GetState().Enlist(RecordChange.Delete(new Address("thing", "x"))));
        });
        await GetAsync(host, HttpStatusCode.OK);
    }

    private async Task<WebHost> StartAsync(Action<HttpContext> handler)
    {
        var host = await WebHost.StartAsync(engine, app =>
        {
            app.UseHoldfast();
            app.MapGet("/", (HttpContext context) =>
            {
                handler(context);
                return Results.Text("done");
            });
        });

        // The data-protection ring's.
        commits.Clear();
        return host;
    }

    private async Task<HttpResponseMessage> GetAsync(WebHost host, HttpStatusCode expected)
    {
        var response = await browser.GetAsync(host.Url);
        Assert.Equal(expected, response.StatusCode);
        return response;
    }
}
