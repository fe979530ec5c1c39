using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>What draft-ietf-httpapi-idempotency-key-header asks of a server.</summary>
public sealed class IdempotencyTests
{
    private static readonly Address Counted = new("counted", "ada");

    [Fact]
    public async Task A_repetition_gets_the_first_response_whole_and_has_no_effect()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        using var first = await app.Client("ada").PostAsync("/", "k", "body");
        using var again = await app.Client("ada").PostAsync("/", "k", "body");
        Assert.Equal((HttpStatusCode.Created, "counted to 1"), (first.StatusCode, await first.Content.ReadAsStringAsync()));
        Assert.Equal((HttpStatusCode.Created, "counted to 1"), (again.StatusCode, await again.Content.ReadAsStringAsync()));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("1", again.Headers.GetValues("X-Count").Single());
        Assert.Equal(["a", "b"], again.Headers.GetValues("X-Many"));
        Assert.Equal(first.Content.Headers.ContentType, again.Content.Headers.ContentType);
        Assert.False(first.IsReplayed());
        Assert.True(again.IsReplayed());
        Assert.Equal(1, app.Runs);
        Assert.Equal(1, (await app.Engine.ReadAsync(Counted)).Record!.Counter("n"));
    }

    [Fact]
    public async Task Other_keys_are_other_requests()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        await app.Client("ada").PostAsync("/", "a").TextAsync(HttpStatusCode.Created);
        Assert.Equal("counted to 2", await app.Client("ada").PostAsync("/", "b").TextAsync(HttpStatusCode.Created));
    }

    [Fact]
    public async Task An_error_that_the_handler_answers_is_stored_like_a_success()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return context.Response.WriteAsync("no");
        });
        await app.Client().PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal("no", await app.Client().PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError));
        Assert.Equal(1, app.Runs);
    }

    [Fact]
    public async Task A_response_without_a_body_is_repeated_without_one()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        await app.Client().PostAsync("/", "k").TextAsync(HttpStatusCode.NoContent);
        using var again = await app.Client().PostAsync("/", "k");
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        Assert.True(again.IsReplayed());
    }

    [Fact]
    public async Task A_request_without_a_key_is_refused_unless_it_may_go_without()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        Assert.Contains("random UUID", await app.Client("ada").PostAsync("/", null).RemedyAsync(HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Equal(0, app.Runs);

        await using var lenient = await KeyedApp.StartAsync(CountAsync, static options => options with { Required = false });
        await lenient.Client("ada").PostAsync("/", null).TextAsync(HttpStatusCode.Created);
        Assert.Equal("counted to 2", await lenient.Client("ada").PostAsync("/", null).TextAsync(HttpStatusCode.Created));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("\"a")]
    [InlineData("a\"")]
    [InlineData("a")]
    [InlineData("8e03978e-40d5-43dd-bc93-6894a57f9324")]
    [InlineData("\"a\"b")]
    [InlineData("\"a\", \"b\"")]
    [InlineData("\"a\\b\"")]
    [InlineData("\"a\\\"")]
    [InlineData("\"\t\"")]
    [InlineData("(\"a\")")]
    [InlineData(":YQ==:")]
    [InlineData("12")]
    [InlineData("\"a\";")]
    [InlineData("\"a\";A")]
    [InlineData("\"a\";b=")]
    public async Task What_is_no_string_of_a_structured_field_is_refused(string header)
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        await app.Client("ada").SendKeyedAsync(HttpMethod.Post, "/", header).RemedyAsync(HttpStatusCode.BadRequest);
        Assert.Equal(0, app.Runs);
    }

    [Theory]
    [InlineData("\"a\"", "\"a\"  ")]
    [InlineData("\"a\"", "\"a\";b=\"c;d\";e")]
    [InlineData("\"a \\\"quoted\\\" \\\\\"", "\"a \\\"quoted\\\" \\\\\";x=1")]
    public async Task Spaces_around_and_parameters_do_not_make_another_key(string one, string other)
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        await app.Client("ada").SendKeyedAsync(HttpMethod.Post, "/", one).TextAsync(HttpStatusCode.Created);
        Assert.Equal("counted to 1", await app.Client("ada").SendKeyedAsync(HttpMethod.Post, "/", other).TextAsync(HttpStatusCode.Created));
    }

    [Theory]
    [InlineData(255, HttpStatusCode.Created)]
    [InlineData(256, HttpStatusCode.BadRequest)]
    public async Task A_key_has_at_most_255_characters(int length, HttpStatusCode status)
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        await app.Client("ada").PostAsync("/", new string('k', length)).TextAsync(status);
    }

    [Fact]
    public async Task Two_keys_are_refused()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Headers = { { "Idempotency-Key", "\"a\"" } } };
        request.Headers.Add("Idempotency-Key", "\"b\"");
        await app.Client("ada").SendAsync(request).RemedyAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Where_it_is_allowed_a_key_without_quotes_is_the_same_as_with()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync, static options => options with { AcceptUnquotedKeys = true });
        await app.Client("ada").SendKeyedAsync(HttpMethod.Post, "/", "8e03978e").TextAsync(HttpStatusCode.Created);
        Assert.Equal("counted to 1", await app.Client("ada").PostAsync("/", "8e03978e").TextAsync(HttpStatusCode.Created));
        foreach (var none in (string[])["a b", "a,b", "a\"b", "a;b"])
        {
            await app.Client("ada").SendKeyedAsync(HttpMethod.Post, "/", none).RemedyAsync(HttpStatusCode.BadRequest);
        }
    }

    [Theory]
    [InlineData("POST", "/", "other", "text/plain")]
    [InlineData("POST", "/", "Body", "text/plain")]
    [InlineData("POST", "/", "body", "application/json")]
    [InlineData("POST", "/other", "body", "text/plain")]
    [InlineData("POST", "/?a=1", "body", "text/plain")]
    [InlineData("PUT", "/", "body", "text/plain")]
    public async Task The_same_key_with_another_request_is_refused_with_422(string method, string path, string body, string type)
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        await app.Client("ada").PostAsync("/", "k", "body").TextAsync(HttpStatusCode.Created);
        var remedy = await app.Client("ada").SendKeyedAsync(new HttpMethod(method), path, "\"k\"", body, type).RemedyAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Contains("new key", remedy, StringComparison.Ordinal);
        Assert.Equal(1, app.Runs);
        Assert.Equal("counted to 1", await app.Client("ada").PostAsync("/", "k", "body").TextAsync(HttpStatusCode.Created));
    }

    [Fact]
    public async Task Declared_headers_are_part_of_the_request_and_others_are_not()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync, static options => options with { FingerprintHeaders = ["X-Tenant"] });
        await SendAsync("X-Tenant", "1", HttpStatusCode.Created);
        await SendAsync("X-Tenant", "1", HttpStatusCode.Created);
        await SendAsync("X-Tenant", "2", HttpStatusCode.UnprocessableEntity);
        Assert.Equal(1, app.Runs);

        async Task SendAsync(string name, string value, HttpStatusCode status)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/")
            {
                Headers = { { "Idempotency-Key", "\"k\"" }, { name, value }, { "X-Trace", Guid.NewGuid().ToString() } },
                Content = new StringContent("body", Encoding.UTF8, value == "1" ? "text/plain" : "text/html"),
            };
            await app.Client("ada").SendAsync(request).TextAsync(status);
        }
    }

    [Fact]
    public async Task While_the_first_one_runs_a_repetition_is_told_when_to_come_again()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await KeyedApp.StartAsync(async context =>
        {
            begun.SetResult();
            await go.Task;
            await context.Response.WriteAsync("done");
        });
        var first = app.Client().PostAsync("/", "k");
        await begun.Task;
        using (var running = await app.Client().PostAsync("/", "k"))
        {
            Assert.Equal(HttpStatusCode.Conflict, running.StatusCode);
            Assert.NotNull(running.Headers.RetryAfter?.Delta);
        }

        await app.Client().PostAsync("/", "k", "other").RemedyAsync(HttpStatusCode.UnprocessableEntity);
        go.SetResult();
        Assert.Equal("done", await first.TextAsync());
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
        Assert.Equal(1, app.Runs);
    }

    [Fact]
    public async Task Of_twenty_at_once_one_has_effect_and_the_others_get_its_response_or_are_to_come_again()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Client("ada").PostAsync("/", "k", "body")));
        Assert.All(answers, static answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]));
        Assert.Equal("counted to 1", await app.Client("ada").PostAsync("/", "k", "body").TextAsync(HttpStatusCode.Created));
        Assert.Equal(1, app.Runs);
        Assert.Equal(1, (await app.Engine.ReadAsync(Counted)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_handler_that_throws_stores_nothing_and_frees_the_key()
    {
        var fails = true;
        await using var app = await KeyedApp.StartAsync(context => fails ? throw new InvalidOperationException("the handler's own") : CountAsync(context));
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Empty(await app.KeysAsync());
        fails = false;
        Assert.Equal("counted to 1", await app.Client("ada").PostAsync("/", "k", "another body").TextAsync(HttpStatusCode.Created));
    }

    [Fact]
    public async Task Reading_methods_pass_without_a_key_and_with_one()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync(context.Request.Method));
        Assert.Equal("GET", await app.Client().GetStringAsync("/"));
        Assert.Equal("GET", await app.Client().SendKeyedAsync(HttpMethod.Get, "/", "nonsense").TextAsync());
        Assert.Empty(await app.KeysAsync());
    }

    [Fact]
    public async Task Keys_do_not_stand_in_the_store()
    {
        await using var app = await KeyedApp.StartAsync(CountAsync);
        await app.Client("ada").PostAsync("/", "a-key-to-look-for").TextAsync(HttpStatusCode.Created);
        var record = Assert.Single(await app.KeysAsync());
        Assert.DoesNotContain("a-key", record.Address.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(record.Fields.Keys, field => record.Text(field)!.Contains("a-key", StringComparison.Ordinal));
        Assert.Equal(app.PartitionOf("ada"), app.Engine.Partitions.PartitionOf(record.Address));
        Assert.Empty(await app.KeysAsync("idempotency-claim"));
    }

    [Fact]
    public async Task Every_response_announces_support_and_window()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Request.Path == "/fails" ? throw new InvalidOperationException() : context.Response.WriteAsync("ok"));
        foreach (var (path, key) in ((string, string?)[])[("/", "k"), ("/", "k"), ("/", null), ("/fails", "f")])
        {
            using var response = await app.Client().PostAsync(path, key);
            Assert.Equal("window=86400, required", response.Headers.GetValues("Idempotency-Key-Support").Single());
        }
    }

    [Fact]
    public async Task What_stood_in_the_headers_before_the_endpoint_is_of_each_response_itself()
    {
        var responses = 0;
        await using var app = await KeyedApp.StartAsync(
            static context => context.Response.WriteAsync("ok"),
            map: web => web.Use((context, next) =>
            {
                context.Response.Headers["X-Response"] = $"{++responses}";
                return next(context);
            }));
        for (var i = 1; i <= 2; i++)
        {
            using var response = await app.Client().PostAsync("/", "k");
            Assert.Equal([$"{i}"], response.Headers.GetValues("X-Response"));
        }
    }

    private static async Task CountAsync(HttpContext context)
    {
        var state = context.GetState();
        var user = context.User.Identity!.IsAuthenticated ? context.User.Claims.First().Value : "ada";
        var counted = new Address("counted", user);
        var n = ((await state.ReadAsync(counted))?.Counter("n") ?? 0) + 1;
        state.Enlist(RecordChange.Update(counted).Add("n", 1));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/{n}";
        context.Response.Headers["X-Count"] = $"{n}";
        context.Response.Headers["X-Many"] = new(["a", "b"]);
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync($"counted to {n}");
    }
}
