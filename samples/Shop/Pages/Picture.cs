using Microsoft.AspNetCore.Components;

namespace Shop.Pages;

/// <summary>The products' drawings and the style sheet, kept inside the program so that it runs from any folder.</summary>
internal static class Picture
{
    private static readonly Dictionary<string, MarkupString> Drawings =
        Catalogue.Products.All.ToDictionary(static product => product.Sku, static product => new MarkupString(Resource($"{product.Sku}.svg")));

    public static MarkupString Of(string sku) => Drawings[sku];

    public static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Picture).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
