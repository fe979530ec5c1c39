using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Requests;
using Holdfast.Gateway.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Gateway.Forwarding;

/// <summary>An instance's answer on its way to the client.</summary>
internal static class UpstreamAnswer
{
    private const int FirstPartBytes = 4096;

    /// <summary>Whoever has more than one part to give has many.</summary>
    private const int PartBytes = 32 << 10;
    private const int FlushBytes = 48 << 10;

    /// <summary>Copies status and fields. The fields of one connection stay behind.</summary>
    public static void CopyHead(HttpResponseMessage answer, HttpResponse response)
    {
        response.StatusCode = (int)answer.StatusCode;
        var named = answer.Headers.NonValidated.TryGetValues("Connection", out var connection)
            ? HopByHop.NamedBy(connection)
            : null;
        Copy(answer.Headers.NonValidated, response.Headers, named);
        Copy(answer.Content.Headers.NonValidated, response.Headers, named);
        response.Headers[RequestNames.HeaderName] = response.HttpContext.TraceIdentifier;
    }

    /// <summary>
    /// Copies the body as it comes. Returns whether it came to its end; if not, the client has to learn of it by a
    /// broken connection or stream.
    /// </summary>
    public static async ValueTask<bool> CopyBodyAsync(HttpContext context, HttpResponseMessage answer, Tries tries, ActivityWatch watch)
    {
        var length = answer.Content.Headers.ContentLength;
        var writer = context.Response.BodyWriter;
        long copied = 0;
        var unflushed = 0;
        try
        {
            using var body = await answer.Content.ReadAsStreamAsync(watch.Token);
            while (copied != length)
            {
                await SocketLoop.LetOthersAsync();

                // A read of nothing waits until there is something; meanwhile what there was goes out, the head at the least.
                var more = body.ReadAsync(Memory<byte>.Empty, watch.Token);
                if (!more.IsCompleted || unflushed >= FlushBytes)
                {
                    var flushed = await writer.FlushAsync(watch.Token);
                    unflushed = 0;
                    if (flushed.IsCompleted)
                    {
                        return true;
                    }
                }

                await more;
                var read = await body.ReadAsync(writer.GetMemory(copied == 0 ? FirstPartBytes : PartBytes), watch.Token);
                if (read == 0)
                {
                    break;
                }

                watch.Touch();
                writer.Advance(read);
                copied += read;
                unflushed += read;
                if (copied < length && !context.Response.HasStarted)
                {
                    // The server would keep what comes before the head, and copy it.
                    await context.Response.StartAsync(watch.Token);
                }
            }

            // A body in one part goes together with the head, which the server sends at the end.
            if (unflushed > 0 && context.Response.HasStarted)
            {
                await writer.FlushAsync(watch.Token);
            }

            CopyTrailers(answer, context.Response);
            return length is null || copied == length || HttpMethods.IsHead(context.Request.Method)
                || answer.StatusCode == HttpStatusCode.NotModified; // Tells the length of what it spares (RFC 9110, section 8.6).
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            // Who waits for it learns at least how it began.
            if (unflushed > 0 && !watch.Token.IsCancellationRequested)
            {
                await FlushAsync(writer, watch.Token);
            }

            return false;
        }
        finally
        {
            tries.BodyBytes = copied;
        }
    }

    private static async Task FlushAsync(PipeWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            await writer.FlushAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The client takes nothing.
        }
    }

    /// <summary>Ends the client's connection or stream, so that it does not take a part of the answer for the whole.</summary>
    public static void Cut(HttpContext context)
    {
        const int InternalError = 2;
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            stream.Reset(InternalError);
        }
        else
        {
            context.Abort();
        }
    }

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to, HashSet<string>? named)
    {
        foreach (var (name, values) in from)
        {
            if (HopByHop.Contains(name) || named?.Contains(name) == true)
            {
                continue;
            }

            to[name] = values.Count == 1 ? new StringValues(First(values)) : new StringValues([.. values]);
        }
    }

    private static string First(HeaderStringValues values)
    {
        foreach (var value in values)
        {
            return value;
        }

        return "";
    }

    private static void CopyTrailers(HttpResponseMessage answer, HttpResponse response)
    {
        var trailers = answer.TrailingHeaders.NonValidated;
        if (trailers.Count == 0 || !response.SupportsTrailers())
        {
            return;
        }

        foreach (var (name, values) in trailers)
        {
            response.AppendTrailer(name, new StringValues([.. values]));
        }
    }
}
