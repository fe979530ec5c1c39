namespace Corpus.Cases;

/// <summary>A conference's registration, kept in ASP.NET Core's session as its documentation shows it.</summary>
internal static class StockSession
{
    private static readonly string[] Workshops = ["knots", "charts", "weather"];

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.Services.AddDistributedMemoryCache();
        builder.Services.AddSession(static options =>
        {
            options.IdleTimeout = TimeSpan.FromMinutes(20);
            options.Cookie.HttpOnly = true;
            options.Cookie.IsEssential = true;
        });

        var app = builder.Build();
        app.UseSession();
        app.MapGet("/", static () => new { conference = "Sails and Shores", workshops = Workshops, time = DateTimeOffset.UtcNow });
        app.MapPost("/registration", static (Registration registration, HttpContext context) =>
        {
            if (string.IsNullOrWhiteSpace(registration.Name))
            {
                return Results.BadRequest(new { error = "A name is needed." });
            }

            context.Session.SetString("name", registration.Name);
            return Results.Created("/registration", registration);
        });
        app.MapPut("/registration/workshop", static (Choice choice, HttpContext context) =>
        {
            if (context.Session.GetString("name") is null)
            {
                return Results.Conflict(new { error = "Register first." });
            }

            if (!Workshops.Contains(choice.Workshop))
            {
                return Results.NotFound(new { error = "There is no such workshop." });
            }

            context.Session.SetString("workshop", choice.Workshop);
            return Results.NoContent();
        });
        app.MapGet("/registration", static (HttpContext context) => context.Session.GetString("name") is { } name
            ? Results.Ok(new { name, workshop = context.Session.GetString("workshop"), shown = DateTimeOffset.UtcNow })
            : Results.NotFound(new { error = "You are not registered." }));
        return app;
    }

    internal sealed record Registration(string? Name);

    internal sealed record Choice(string Workshop);
}
