using Shop.Requests;

namespace Shop.Catalogue;

internal static class ProductEndpoints
{
    public static void MapProducts(this IEndpointRouteBuilder routes) =>
        routes.MapRead("/api/products", static () =>
            Results.Json(Products.All, ShopJson.Default.IReadOnlyListProduct));
}
