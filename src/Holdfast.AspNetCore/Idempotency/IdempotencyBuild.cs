using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Tells a gateway that asks the health path which build the process is of. Processes of one build have the same endpoints that
/// heed keys, so that what one has announced holds for one that was started a moment ago, and not for one of another release.
/// </summary>
internal sealed class IdempotencyBuild(IEnumerable<EndpointDataSource> sources)
{
    public const string HeaderName = "Idempotency-Key-Build";
    private const int Characters = 32;
    private readonly Lazy<string> name = new(() => NameOf(sources));

    /// <summary>Answers the question, if the request asks it.</summary>
    public void Answer(HttpRequest request, IHeaderDictionary response)
    {
        if (HttpMethods.IsGet(request.Method) && request.Headers.ContainsKey(HeaderName))
        {
            response[HeaderName] = name.Value;
        }
    }

    private static string NameOf(IEnumerable<EndpointDataSource> sources)
    {
        var text = new StringBuilder().Append(Assembly.GetEntryAssembly()?.ManifestModule.ModuleVersionId);
        var endpoints = sources.SelectMany(static source => source.Endpoints)
            .Where(static endpoint => endpoint.Metadata.GetMetadata<IIdempotencyMetadata>() is not null)
            .Select(static endpoint => $"{(endpoint as RouteEndpoint)?.RoutePattern.RawText} {endpoint.DisplayName}");
        foreach (var endpoint in endpoints.Order(StringComparer.Ordinal))
        {
            text.Append('\n').Append(endpoint);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Characters];
    }
}
