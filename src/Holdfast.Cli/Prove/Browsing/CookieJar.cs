namespace Holdfast.Cli.Prove.Browsing;

/// <summary>
/// One user's cookies for one site. Secure cookies are kept and sent too: in front of an instance that is asked without
/// TLS there will be something that speaks it.
/// </summary>
internal sealed class CookieJar
{
    private readonly List<Cookie> cookies = [];

    /// <summary>What the jar holds.</summary>
    public IReadOnlyList<Cookie> Cookies => cookies;

    public void Take(Cookie cookie)
    {
        var at = cookies.FindIndex(held => held.Name == cookie.Name && held.Path == cookie.Path);
        if (cookie.IsRemoval)
        {
            cookies.RemoveAll(held => held.Name == cookie.Name && held.Path == cookie.Path);
        }
        else if (at >= 0)
        {
            cookies[at] = cookie;
        }
        else
        {
            cookies.Add(cookie);
        }
    }

    /// <summary>The cookies that a request for the path carries, those of longer paths first.</summary>
    public IReadOnlyList<Cookie> For(string path) => [.. cookies.Where(cookie => cookie.Covers(path)).OrderByDescending(static cookie => cookie.Path.Length)];

    /// <summary>The value of a cookie; null when there is none of the name.</summary>
    public string? ValueOf(string name) => cookies.Find(cookie => cookie.Name == name)?.Value;
}
