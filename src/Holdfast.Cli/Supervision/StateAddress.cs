namespace Holdfast.Cli.Supervision;

/// <summary>How the topology's processes reach the state plane.</summary>
/// <param name="Url">What Holdfast's own engine is given.</param>
/// <param name="RedisUrl">What other languages' Redis clients are given.</param>
internal sealed record StateAddress(string Url, string RedisUrl)
{
    /// <summary>Whether others run the store, so that it must be there before the topology starts.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>The URL as it may be shown: without the password, and without what else stands before the host.</summary>
    public string Shown => Show(Url);

    public static string Show(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
        {
            return url;
        }

        // The last @ before the path: a password that was not escaped may hold one too.
        var path = url.IndexOfAny(['/', '?', '#'], start + 3) is var at and >= 0 ? at : url.Length;
        var credentials = url.LastIndexOf('@', path - 1, path - start - 3);
        var shown = credentials < 0 ? url : url[..(start + 3)] + url[(credentials + 1)..];
        return shown.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? shown[..query] : shown;
    }
}
