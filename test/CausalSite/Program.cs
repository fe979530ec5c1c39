using System.Globalization;
using Holdfast;
using Holdfast.AspNetCore;
using Holdfast.CausalSite;

// Remembers numbers for its clients, in their sessions and beside them, in records that near caches hold. Where it logs that something was lost
// that a client was shown, it tells the client in which partition; and which one the session is in.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.AddHoldfast();
builder.Services.AddHttpContextAccessor();
builder.Services.AddSingleton<ILoggerProvider, LossTeller>();
var app = builder.Build();
app.UseHoldfast();
app.MapGet("/healthz", static () => "ok");
app.MapPut("/own/{name}/{number:long}", static async (string name, long number, HttpContext context) =>
{
    await context.Session.LoadAsync();
    context.Session.SetString("own", number.ToString(CultureInfo.InvariantCulture));
    context.GetState().Enlist(RecordChange.Update(new Address("own", name)).Set("number", number.ToString(CultureInfo.InvariantCulture)));
    TellPlace(context);
});
app.MapGet("/own/{name}", static async (string name, HttpContext context) =>
{
    await context.Session.LoadAsync();
    var state = context.GetState();
    var record = await state.ReadAsync(new Address("own", name), context.RequestAborted);
    if (state.HasSession)
    {
        TellPlace(context);
    }

    return $"{context.Session.GetString("own")} {record?.Text("number")}";
});
app.MapPut("/shared/{name}/{number:long}", static async (string name, long number, HttpContext context) =>
{
    var result = await context.GetState().CommitAsync(new Commit(RecordChange.Update(new Address("shared", name)).Max("number", number)));
    return result.Records[0]!.Counter("number");
});
app.MapGet("/shared/{name}", static async (string name, HttpContext context) =>
    (await context.GetState().ReadAsync(new Address("shared", name), context.RequestAborted))?.Counter("number") ?? 0);
app.Run();

static void TellPlace(HttpContext context)
{
    var state = context.GetState();
    context.Response.Headers["Session-In"] = $"{state.Engine.Partitions.PartitionOf(state.SessionAffinity)}";
}
