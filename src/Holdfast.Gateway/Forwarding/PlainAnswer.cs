using System.Text;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Requests;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Forwarding;

/// <summary>The gateway's own answers: a status and a sentence for a person.</summary>
internal static class PlainAnswer
{
    /// <summary>A second: an instance that died is replaced in about that time.</summary>
    private const string RetryAfter = "1";

    public static Task GiveAsync(HttpContext context, int status, string message, bool thenClose = false)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            UpstreamAnswer.Cut(context);
            return Task.CompletedTask;
        }

        response.Clear();
        response.StatusCode = status;
        response.Headers[RequestNames.HeaderName] = context.TraceIdentifier;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (status is StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfter;
        }

        if (thenClose)
        {
            response.Headers.Connection = "close";
        }
        else
        {
            ClientConnection.Tell(context);
        }

        var body = Encoding.UTF8.GetBytes(message + "\n");
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
