namespace Corpus.Cases;

/// <summary>A poll: a file for each vote in a folder that all copies share, so that no two votes meet.</summary>
internal static class VoteFiles
{
    private static readonly string[] Options = ["red", "green", "blue"];

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var shared = Environment.GetEnvironmentVariable("SHARED_DIR") ?? throw new InvalidOperationException("SHARED_DIR is not set.");
        var app = builder.Build();
        string FolderOf(string poll, string option) => Path.Combine(shared, "polls", Uri.EscapeDataString(poll), option);

        app.Use(static (context, next) =>
        {
            context.Response.Headers["X-Correlation-Id"] = Guid.NewGuid().ToString("N");
            return next(context);
        });

        app.MapGet("/", static () => new { polls = "Any name will do.", options = Options });

        app.MapPost("/polls/{poll}/votes", (string poll, Vote vote) =>
        {
            if (!Options.Contains(vote.Option))
            {
                return Results.UnprocessableEntity(new { error = "Vote for one of the options.", options = Options });
            }

            var receipt = Guid.NewGuid();
            Directory.CreateDirectory(FolderOf(poll, vote.Option));
            File.WriteAllText(Path.Combine(FolderOf(poll, vote.Option), receipt.ToString("N")), DateTimeOffset.UtcNow.ToString("O"));
            return Results.Created($"/polls/{Uri.EscapeDataString(poll)}", new { receipt });
        });

        app.MapGet("/polls/{poll}", (string poll) =>
        {
            var votes = Options.ToDictionary(static option => option, option =>
                Directory.Exists(FolderOf(poll, option)) ? Directory.GetFiles(FolderOf(poll, option)).Length : 0);
            return new { poll, votes, total = votes.Values.Sum(), counted = DateTimeOffset.UtcNow };
        });

        app.MapGet("/polls/{poll}/receipts/{receipt:guid}", (string poll, Guid receipt) =>
            Options.FirstOrDefault(option => File.Exists(Path.Combine(FolderOf(poll, option), receipt.ToString("N")))) is { } found
                ? Results.Ok(new { receipt, counted = found })
                : Results.NotFound(new { error = "There is no such receipt." }));
        return app;
    }

    internal sealed record Vote(string Option);
}
