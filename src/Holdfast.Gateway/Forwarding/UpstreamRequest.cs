using System.Net;
using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Requests;
using Holdfast.Gateway.Upgrades;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// The request that an instance gets: the client's, without the fields of one connection and without what a client
/// claims about itself, which is said by the gateway alone. Host stays as the client sent it.
/// </summary>
internal static class UpstreamRequest
{
    private static readonly HttpMethod Query = new("QUERY");

    public static HttpRequestMessage Of(HttpContext context, string prefix, Tries tries, UpgradeKind upgrade, ActivityWatch watch)
    {
        var request = context.Request;
        var target = UpstreamTarget.Of(request) ?? throw new InvalidOperationException("The request was to be refused.");
        var message = new HttpRequestMessage(upgrade == UpgradeKind.None ? MethodOf(request.Method) : HttpMethod.Get, UpstreamTarget.At(prefix, target))
        {
            Version = IsGrpc(request) ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (message.Version == HttpVersion.Version20 && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // A stream of messages may rest between two of them.
            rate.MinDataRate = null;
        }

        if (upgrade == UpgradeKind.None && tries.HasBody)
        {
            message.Content = new ClientBody(tries.Body, mayBeAnsweredEarly: message.Version == HttpVersion.Version11 && message.Method != HttpMethod.Head, watch);
        }

        CopyFields(request, message);
        Sign(context, message, tries);
        if (upgrade != UpgradeKind.None)
        {
            UpgradeFields.Ask(message, upgrade);
        }

        return message;
    }

    /// <summary>Whether it is a call of gRPC, which there is by HTTP/2 alone: a request of HTTP/1.1 is none, whatever it says.</summary>
    private static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol) && request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
        && !type.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase);

    private static HttpMethod MethodOf(string method) => method switch
    {
        "GET" => HttpMethod.Get,
        "POST" => HttpMethod.Post,
        "PUT" => HttpMethod.Put,
        "DELETE" => HttpMethod.Delete,
        "HEAD" => HttpMethod.Head,
        "OPTIONS" => HttpMethod.Options,
        "PATCH" => HttpMethod.Patch,
        "QUERY" => Query,
        _ => new HttpMethod(method),
    };

    private static void CopyFields(HttpRequest request, HttpRequestMessage message)
    {
        var named = HopByHop.NamedBy(request.Headers.Connection);
        foreach (var (name, values) in request.Headers)
        {
            // Pseudo-fields of HTTP/2 begin with a colon. The gateway itself tells the client to go on, when the body is first read.
            if (name[0] == ':' || HopByHop.Contains(name) || ClientClaims.Contains(name) || OwnFields.Contains(name) || named?.Contains(name) == true)
            {
                continue;
            }

            if (values.Count == 1)
            {
                if (!message.Headers.TryAddWithoutValidation(name, values[0]))
                {
                    (message.Content ??= new NoBody()).Headers.TryAddWithoutValidation(name, values[0]);
                }
            }
            else if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                // HTTP/2 lets a client split them; HTTP/1.1 has one field (RFC 9113, section 8.2.3).
                message.Headers.TryAddWithoutValidation(name, string.Join("; ", values.AsEnumerable()));
            }
            else if (!message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                (message.Content ??= new NoBody()).Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        if (HttpProtocol.IsHttp2(request.Protocol) && request.Headers.TE.Count > 0)
        {
            message.Headers.TryAddWithoutValidation("TE", "trailers");
        }
    }

    /// <summary>Adds what the gateway says.</summary>
    private static void Sign(HttpContext context, HttpRequestMessage message, Tries tries)
    {
        var request = context.Request;
        var headers = message.Headers;
        headers.Host = request.Host.Value;
        headers.TryAddWithoutValidation("X-Forwarded-For", ClientAddress.Of(context.Connection));
        headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        headers.TryAddWithoutValidation(RequestNames.HeaderName, context.TraceIdentifier);
        headers.TryAddWithoutValidation(TraceContext.Parent, tries.Trace.Parent);
        if (tries.Trace.State is { Length: > 0 } state)
        {
            headers.TryAddWithoutValidation(TraceContext.State, state);
        }

        if (tries.Left is { } left)
        {
            headers.TryAddWithoutValidation(RequestDeadline.HeaderName, RequestDeadline.TextOf(left));
        }

        if (tries.MintedKey is { } key)
        {
            headers.TryAddWithoutValidation(MintedKeys.HeaderName, key);
        }
    }
}
