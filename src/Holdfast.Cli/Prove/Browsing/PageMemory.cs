using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>The forms of the pages that one user has seen, whose hidden inputs go along when the form is sent.</summary>
internal sealed class PageMemory
{
    private readonly List<PageForm> forms = [];

    /// <summary>Where the last page was; null before the first.</summary>
    public string? LastPage { get; private set; }

    /// <summary>Remembers a page's forms.</summary>
    public void Take(string target, ResponseBody body)
    {
        if (!body.IsHtml)
        {
            return;
        }

        LastPage = target;
        var page = new Uri(new Uri("http://page"), target);
        foreach (var form in new HtmlParser().ParseDocument(body.Text).Forms)
        {
            var action = form.GetAttribute("action");
            var path = string.IsNullOrEmpty(action) || !Uri.TryCreate(page, action, out var url) ? page.AbsolutePath : url.AbsolutePath;
            forms.Add(new PageForm(page.AbsolutePath, path, [.. HiddenOf(form)]));
        }
    }

    /// <summary>
    /// The hidden inputs that a form sent to the target carries along: those of the form seen last that goes there, or
    /// else of the one seen last on the page at that path.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> HiddenFor(string target)
    {
        var path = target.Split('?')[0];
        var form = forms.LastOrDefault(form => form.ActionPath == path) ?? forms.LastOrDefault(form => form.PagePath == path);
        return form?.Hidden ?? [];
    }

    private static IEnumerable<KeyValuePair<string, string>> HiddenOf(IHtmlFormElement form) =>
        from input in form.QuerySelectorAll("input[type=hidden][name]").OfType<IHtmlInputElement>()
        where !input.IsDisabled
        select KeyValuePair.Create(input.GetAttribute("name")!, input.GetAttribute("value") ?? "");
}
