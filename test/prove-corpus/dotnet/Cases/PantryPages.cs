using Microsoft.AspNetCore.DataProtection;

namespace Corpus.Cases;

/// <summary>A pantry of Razor Pages: its notices in TempData, which a cookie carries, its keys and shelves in the folder that all copies share.</summary>
internal static class PantryPages
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var shared = Environment.GetEnvironmentVariable("SHARED_DIR") ?? throw new InvalidOperationException("SHARED_DIR is not set.");
        builder.Services.AddDataProtection()
            .SetApplicationName("pantry")
            .PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(shared, "keys")));
        builder.Services.AddSingleton(new Shelves(Path.Combine(shared, "shelves")));
        builder.Services.AddRazorPages();

        var app = builder.Build();
        app.MapRazorPages();
        return app;
    }
}

/// <summary>A file for each jar, so that jars that are put away at once don't meet.</summary>
internal sealed class Shelves(string root)
{
    public void Put(string pantry, string jar)
    {
        Directory.CreateDirectory(FolderOf(pantry));
        File.WriteAllText(Path.Combine(FolderOf(pantry), Guid.NewGuid().ToString("N")), jar);
    }

    public IReadOnlyList<string> JarsOf(string pantry) => Directory.Exists(FolderOf(pantry))
        ? [.. Directory.GetFiles(FolderOf(pantry)).Select(File.ReadAllText).Order(StringComparer.Ordinal)]
        : [];

    private string FolderOf(string pantry) => Path.Combine(root, Uri.EscapeDataString(pantry));
}
