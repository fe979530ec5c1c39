using Microsoft.AspNetCore.Http.Features;

namespace Shop.Requests;

/// <summary>
/// Sends every response in one piece, with its length. Responses are small here, and one of which a part is out when
/// its instance dies is a cut one, while one of which nothing is out is fetched from another instance by the gateway.
/// </summary>
internal sealed class WholeResponses(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var direct = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var whole = new MemoryStream();
        var gathered = new StreamResponseBodyFeature(whole);
        context.Features.Set<IHttpResponseBodyFeature>(gathered);
        try
        {
            await next(context);
            await gathered.CompleteAsync();
        }
        finally
        {
            context.Features.Set(direct);
        }

        if (whole.Length > 0)
        {
            context.Response.ContentLength = whole.Length;
            await direct.Stream.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length), context.RequestAborted);
        }
    }
}
