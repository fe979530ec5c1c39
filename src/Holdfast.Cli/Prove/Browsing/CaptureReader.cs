using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>Takes values out of answers.</summary>
internal static class CaptureReader
{
    /// <summary>The value; null when the answer has none there.</summary>
    public static CapturedValue? Read(Capture capture, Hop hop, CookieJar jar) => capture.Source switch
    {
        CaptureSource.Json => OfJson(capture.Place, hop.Body),
        CaptureSource.Css => OfPage(CssPlace.Of(capture.Place), hop.Body),
        CaptureSource.Cookie => OfText(jar.ValueOf(capture.Place)),
        _ => OfText(hop.Header(capture.Place.ToLowerInvariant())),
    };

    private static CapturedValue? OfText(string? text) => text is null ? null : new CapturedValue(text);

    private static CapturedValue? OfJson(string path, ResponseBody body)
    {
        try
        {
            using var json = JsonDocument.Parse(body.Bytes);
            return JsonPath.Find(json.RootElement, path) switch
            {
                null => null,
                { ValueKind: JsonValueKind.String } text => new CapturedValue(text.GetString()!),
                { } value => new CapturedValue(value.GetRawText(), value.GetRawText()),
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static CapturedValue? OfPage(CssPlace place, ResponseBody body)
    {
        var element = new HtmlParser().ParseDocument(body.Text).QuerySelector(place.Selector);
        return element is null ? null : OfText(ValueOf(element, place.Attribute));
    }

    private static string? ValueOf(IElement element, string? attribute) =>
        attribute is not null ? element.GetAttribute(attribute)
        : element.LocalName is "input" ? element.GetAttribute("value") ?? ""
        : element.LocalName is "meta" ? element.GetAttribute("content")
        : element.TextContent.Trim();
}
