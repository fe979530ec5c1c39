using System.Net.Http.Headers;
using System.Text;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>A request that is about to be sent: a step's, or the one that a redirect makes of it.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Step">The step, whose headers and body go along; null after a redirect that drops them.</param>
/// <param name="Pages">What the user has seen.</param>
internal sealed record Outgoing(string Method, string Target, Step? Step, PageMemory Pages)
{
    /// <summary>The request after a redirect: 303 makes a GET of it, and so do 301 and 302 of a POST (the Fetch standard).</summary>
    public Outgoing Redirected(int status, string target) =>
        (status == 303 && Method is not ("GET" or "HEAD")) || (status is 301 or 302 && Method == "POST")
            ? new Outgoing("GET", target, null, Pages)
            : this with { Target = target };

    public HttpRequestMessage Message(Instance instance, IReadOnlyDictionary<string, CapturedValue> values, IReadOnlyList<Cookie> cookies)
    {
        var request = new HttpRequestMessage(new HttpMethod(Method), new Uri(instance.Address, Target));
        request.Headers.Host = instance.Host;
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.TryAddWithoutValidation("User-Agent", "holdfast-prove/1");
        if (cookies.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(static cookie => $"{cookie.Name}={cookie.Value}")));
        }

        request.Content = Content(request, instance, values);
        foreach (var header in Step?.Headers ?? [])
        {
            var value = header.Value.Render(values);
            if (IsContentHeader(header.Name))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.Remove(header.Name);
                request.Content.Headers.TryAddWithoutValidation(header.Name, value);
            }
            else
            {
                request.Headers.Remove(header.Name);
                request.Headers.TryAddWithoutValidation(header.Name, value);
            }
        }

        return request;
    }

    private HttpContent? Content(HttpRequestMessage request, Instance instance, IReadOnlyDictionary<string, CapturedValue> values)
    {
        switch (Step?.Body)
        {
            case JsonBody json:
                return new StringContent(json.Render(values), new MediaTypeHeaderValue("application/json"));
            case TextBody text:
                return new StringContent(text.Text.Render(values), Encoding.UTF8, "text/plain");
            case FormBody form:
                // As a browser does, which applications check against forged requests.
                var site = $"{instance.Address.Scheme}://{instance.Host ?? instance.Address.Authority}";
                request.Headers.TryAddWithoutValidation("Origin", site);
                request.Headers.TryAddWithoutValidation("Referer", site + (Pages.LastPage ?? Target));
                return new FormUrlEncodedContent(StepRequest.FieldsOf(form, Pages.HiddenFor(Target), values));
            default:
                return null;
        }
    }

    private static bool IsContentHeader(string name) =>
        name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Allow", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Expires", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Last-Modified", StringComparison.OrdinalIgnoreCase);
}
