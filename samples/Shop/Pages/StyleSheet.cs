using System.Security.Cryptography;
using System.Text;
using Shop.Requests;

namespace Shop.Pages;

/// <summary>The shop's style sheet, at a path that changes with its content, so that browsers may keep it for good.</summary>
internal static class StyleSheet
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(Picture.Resource("shop.css"));

    public static readonly string Path = $"/shop.{Convert.ToHexStringLower(SHA256.HashData(Content))[..12]}.css";

    public static void MapStyleSheet(this IEndpointRouteBuilder routes) =>
        routes.MapRead(Path, static (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
            return Results.Bytes(Content, "text/css; charset=utf-8");
        });
}
