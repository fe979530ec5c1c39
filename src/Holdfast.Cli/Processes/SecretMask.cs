namespace Holdfast.Cli.Processes;

/// <summary>Takes secrets out of what processes print. Shorter ones than <see cref="LeastLength"/> stay: they would be found in everything.</summary>
internal sealed class SecretMask(IEnumerable<string> secrets)
{
    public const int LeastLength = 6;
    public const string Shown = "***";

    public static readonly SecretMask None = new([]);

    // A secret of several lines, such as a key, is printed line by line. Longest first: one may hold another.
    private readonly string[] hidden = [.. secrets
        .SelectMany(static secret => secret.Split('\n', StringSplitOptions.TrimEntries))
        .Where(static part => part.Length >= LeastLength).Distinct().OrderByDescending(static part => part.Length)];

    public string Apply(string line) => hidden.Aggregate(line, static (text, secret) => text.Replace(secret, Shown, StringComparison.Ordinal));
}
