using System.Globalization;
using Holdfast;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// An instance with one keyed endpoint, on the store that the argument names. It tells its address on its standard output. POST /NAME counts in two
// partitions, takes a moment, and answers with something that no other run would answer, and who it is. GET /NAME answers with both counts, unless the store
// has forgotten something that the client was shown: then with 503, and a cookie that does not tell of that any more.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.AddHoldfast(options =>
{
    options.State = args[0];
    options.RefuseLostState = true;

    // A busy machine takes longer than the default for a first greeting, and who is killed is to be replaced all the same.
    options.Engine = options.Engine with { CommitTimeout = TimeSpan.FromMinutes(1) };
    options.Idempotency = options.Idempotency with { ClaimLifetime = TimeSpan.FromSeconds(1), Affinity = static context => (string?)context.Request.RouteValues["name"] };
});
var app = builder.Build();
app.UseHoldfast();
app.MapGet("/healthz", static () => "well");
app.MapPost("/{name}", static async (string name, HttpContext context) =>
{
    context.Response.Headers["Answered-By"] = $"http://127.0.0.1:{context.Connection.LocalPort}";
    var state = context.GetState();
    state.Enlist(RecordChange.Update(new Address("elsewhere", "of:" + name)).Add("n", 1));
    await Task.Delay(50);
    state.Enlist(RecordChange.Update(new Address("effect", name)).Add("n", 1));
    return Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture);
}).WithIdempotency();
app.MapGet("/{name}", static async (string name, HttpContext context) =>
{
    var (here, elsewhere) = (await context.GetState().ReadAsync(new Address("effect", name)), await context.GetState().ReadAsync(new Address("elsewhere", "of:" + name)));
    return $"{here?.Counter("n")} {elsewhere?.Counter("n")}";
});
await app.StartAsync();
await Console.Out.WriteLineAsync(app.Urls.Single());
await app.WaitForShutdownAsync();
