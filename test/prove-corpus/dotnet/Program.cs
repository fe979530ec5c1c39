using Corpus.Cases;

// `dotnet Corpus.dll static-counter`: each case is an application of its own; only the way to listen is shared.
Func<WebApplicationBuilder, WebApplication>? build = args.FirstOrDefault() switch
{
    "session" => StockSession.Build,
    "static-counter" => StaticCounter.Build,
    "memory-cache" => CachedTariffs.Build,
    "local-files" => DiaryFiles.Build,
    "shared-files" => VoteFiles.Build,
    "antiforgery" => SuggestionBox.Build,
    "own-keys" => MembersOwnKeys.Build,
    "shared-keys" => MembersSharedKeys.Build,
    "razor-tempdata" => PantryPages.Build,
    "locked-stock" => LockedStock.Build,
    _ => null,
};
if (build is null)
{
    Console.Error.WriteLine("Name one of the cases; they are listed in Program.cs.");
    return 64;
}

var builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT")}");
await build(builder).RunAsync();
return 0;
