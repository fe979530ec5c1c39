namespace Shop.Requests;

/// <summary>
/// What every response says: which instance answered, and that neither caches nor other sites shall keep, frame or
/// extend it. Set just before the headers go, whoever wrote the response.
/// </summary>
internal sealed class ResponseHeaders(RequestDelegate next)
{
    private static readonly string Instance = Environment.GetEnvironmentVariable("HOLDFAST_INSTANCE") ?? Environment.MachineName;

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpResponse)state).Headers;
            headers["X-Instance"] = Instance;
            headers.XContentTypeOptions = "nosniff";
            headers.ContentSecurityPolicy =
                "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
            headers["Referrer-Policy"] = "same-origin";
            if (headers.CacheControl.Count == 0)
            {
                headers.CacheControl = "no-store";
            }

            return Task.CompletedTask;
        }, context.Response);
        return next(context);
    }
}
