// The application that `eng/bench sessions` measures: as the template makes one, with the two lines that add Holdfast when
// HOLDFAST_STATE names a store, and without them when it doesn't. Each endpoint answers with 50 characters.

var text = new string('-', 50);
var writes = 0;

var builder = WebApplication.CreateBuilder(args);
var hasSessions = builder.Configuration["HOLDFAST_STATE"] is not null;
if (hasSessions)
{
    builder.AddHoldfast();
}

var app = builder.Build();
if (hasSessions)
{
    app.UseHoldfast();
}

app.MapGet("/plain", () => text);
app.MapGet("/read", static (HttpContext context) => context.Session.GetString("field-3"));
app.MapGet("/write", (HttpContext context) =>
{
    context.Session.SetString("field-3", $"{Interlocked.Increment(ref writes),50}");
    return text;
});
app.MapGet("/fill", (HttpContext context) =>
{
    for (var i = 0; i < 10; i++)
    {
        context.Session.SetString($"field-{i}", text);
    }

    return text;
});
app.Run();
