using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Pages;

namespace Shop.Requests;

/// <summary>
/// Words every refusal: as JSON for the API, as a page for people. Faults of the store are none; they go on to
/// Holdfast, which answers 503 with Retry-After.
/// </summary>
internal sealed class Refusals(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            RefuseOtherSites(context.Request);
            await next(context);
        }
        catch (RefusedException refused)
        {
            await RefuseAsync(context, refused.Status, refused.Message);
        }
        catch (BadHttpRequestException bad)
        {
            var isTooLarge = bad.StatusCode == StatusCodes.Status413PayloadTooLarge;
            await RefuseAsync(context, bad.StatusCode, isTooLarge ? $"The body has over {PostedBody.MaxBytes} bytes." : bad.Message);
        }

        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: 404 or 405, ContentType: null })
        {
            await RefuseAsync(context, response.StatusCode, response.StatusCode == 404 ? "There is nothing here." : "This can not be done here.");
        }
    }

    /// <summary>
    /// The session's cookie is SameSite=Lax, so a form on another site can't act for who is signed in here; this also
    /// keeps it from signing somebody in. Browsers tell (Fetch Metadata, W3C); other clients need not.
    /// </summary>
    private static void RefuseOtherSites(HttpRequest request)
    {
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (!reads && request.Headers["Sec-Fetch-Site"] == "cross-site")
        {
            throw new RefusedException(StatusCodes.Status403Forbidden, "Another site sent this request.");
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            return Results.Json(new Refusal(message), ShopJson.Default.Refusal, statusCode: status).ExecuteAsync(context);
        }

        return new RazorComponentResult<MessagePage>(new { Message = message }) { StatusCode = status }.ExecuteAsync(context);
    }
}
