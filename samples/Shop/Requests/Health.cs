namespace Shop.Requests;

/// <summary>What <c>/healthz</c> tells.</summary>
public sealed record Health(string Status);

internal static class HealthEndpoint
{
    /// <summary>Whether this process serves. It doesn't ask the store: an instance is not ill because the store is away.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes) =>
        routes.MapRead("/healthz", static () => Results.Json(new Health("ok"), ShopJson.Default.Health));
}
