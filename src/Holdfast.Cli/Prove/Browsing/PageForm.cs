namespace Holdfast.Cli.Prove.Browsing;

/// <summary>A form of a page that was shown.</summary>
/// <param name="PagePath">The path of the page.</param>
/// <param name="ActionPath">The path that the form is sent to.</param>
/// <param name="Hidden">Its hidden inputs.</param>
internal sealed record PageForm(string PagePath, string ActionPath, IReadOnlyList<KeyValuePair<string, string>> Hidden);
