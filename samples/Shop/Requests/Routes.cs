namespace Shop.Requests;

internal static class Routes
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Answers GET, and HEAD with it.</summary>
    public static void MapRead(this IEndpointRouteBuilder routes, string path, Delegate handler) => routes.MapMethods(path, Read, handler);

    /// <summary>Answers POST.</summary>
    public static RouteHandlerBuilder MapForm(this IEndpointRouteBuilder routes, string path, Delegate handler) => routes.MapPost(path, handler);
}
