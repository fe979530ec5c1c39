using Microsoft.Playwright;

namespace Holdfast.EndToEnd.Tests.People;

/// <summary>Debian's Chromium without a window, driven by Playwright, which ends it when the tests end, however they do.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>Ten times what a page may take: a gateway waits 5 s for an instance, an engine 5 s for the store.</summary>
    public const float PatienceMilliseconds = 100_000;

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>It stays on this machine: it asks nobody for updates, models or lists.</summary>
    private static readonly string[] Flags =
        ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(PatienceMilliseconds);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Find(), Args = Flags });
        return new Chromium(playwright, browser);
    }

    /// <summary>A window of somebody who has not been here before.</summary>
    public async Task<IPage> OpenAsync(Uri site)
    {
        var context = await browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = site.ToString() });
        context.SetDefaultTimeout(PatienceMilliseconds);
        return await context.NewPageAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
    }

    private static string Find() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         from name in Names
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault()
        ?? throw new InvalidOperationException("Chromium is not there: apt-get install chromium, or run eng/test, which does.");
}
