using System.Globalization;
using System.Net;
using Holdfast.EndToEnd.Tests.Stock;

namespace Holdfast.EndToEnd.Tests.Absence;

/// <summary>
/// Somebody who has signed in to the stock application and comes back to it. They are shown what is theirs, or 503; never a page
/// as if they had not signed in, and nobody else's.
/// </summary>
internal sealed class Member : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    /// <summary>How often the gateway sends a GET at most: one whose instance goes silent is given to another one, and both may count it.</summary>
    private const int MaxSendings = 3;

    private readonly string name;
    private readonly HttpClient http;
    private readonly Browser browser;
    private long visits;
    private long unknown;

    public Member(Uri site, string name)
    {
        this.name = name;
        var network = new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false };
        http = new HttpClient(network, disposeHandler: false) { BaseAddress = site, Timeout = Patience };
        browser = new Browser(site, network);
    }

    /// <summary>
    /// Whether the gateway has turned a request away: requests come at a pace of their own here, and one that stood still for a moment has too many of them.
    /// </summary>
    public static bool IsTurnedAway(HttpStatusCode status, string body) =>
        status == HttpStatusCode.ServiceUnavailable && body.Contains(" has as many requests as it can do.", StringComparison.Ordinal);

    public async Task SignInAsync()
    {
        var form = await browser.OpenAsync("/SignIn");
        var home = await browser.SubmitAsync(form, "sign-in", ("Name", name), ("Password", string.Concat(name.Reverse())));
        Assert.Equal((name, "1"), (home.Text("user"), home.Text("visits")));
        visits = 1;
    }

    /// <summary>Looks at what only those see who have signed in. Any number of looks at the same time.</summary>
    public async Task<Sight> LookAsync()
    {
        var page = await GetAsync("/Trips");
        return page.Status switch
        {
            HttpStatusCode.OK when page.Text("user") == name => Sight.Theirs,
            _ when IsTurnedAway(page.Status, page.Html) => Sight.TurnedAway,
            HttpStatusCode.ServiceUnavailable => Sight.Closed,
            _ => throw Wrong(page),
        };
    }

    /// <summary>Visits the front page, which counts in the session, one visit at a time: none that was told of is forgotten.</summary>
    public async Task<Sight> VisitAsync()
    {
        var page = await GetAsync("/");
        if (IsTurnedAway(page.Status, page.Html))
        {
            return Sight.TurnedAway;
        }

        if (page.Status == HttpStatusCode.ServiceUnavailable)
        {
            // It may have been counted all the same, and its answer lost with the store.
            unknown++;
            return Sight.Closed;
        }

        if (page.Status != HttpStatusCode.OK || page.Text("user") != name)
        {
            throw Wrong(page);
        }

        var counted = long.Parse(page.Text("visits")!, CultureInfo.InvariantCulture);
        Assert.InRange(counted, visits + 1, visits + ((1 + unknown) * MaxSendings));
        (visits, unknown) = (counted, 0);
        return Sight.Theirs;
    }

    public void Dispose()
    {
        http.Dispose();
        browser.Dispose();
    }

    private async Task<Page> GetAsync(string path)
    {
        using var response = await http.GetAsync(path);
        return new Page(response.StatusCode, path, await response.Content.ReadAsStringAsync());
    }

    private InvalidOperationException Wrong(Page page) => new($"{name} was shown {(int)page.Status} for {page.Path}, not theirs and not 503:\n{page.Html}");
}
