using System.Globalization;
using Holdfast;
using Holdfast.AspNetCore;

// Remembers numbers for its clients, in their sessions and beside them, in records that near caches hold.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.AddHoldfast();
var app = builder.Build();
app.UseHoldfast();
app.MapGet("/healthz", static () => "ok");
app.MapPut("/own/{name}/{number:long}", static (string name, long number, HttpContext context) =>
{
    context.Session.SetString("own", number.ToString(CultureInfo.InvariantCulture));
    context.GetState().Enlist(RecordChange.Update(new Address("own", name)).Set("number", number.ToString(CultureInfo.InvariantCulture)));
});
app.MapGet("/own/{name}", static async (string name, HttpContext context) =>
{
    await context.Session.LoadAsync();
    var record = await context.GetState().ReadAsync(new Address("own", name), context.RequestAborted);
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
