using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>A sealed header, in requests and responses. An empty one in a response has the client forget what it has.</summary>
internal sealed class HeaderCarrier(string name, CookieSeal seal, StateMeter meter, ILogger logger) : SealedCarrier(seal, meter, logger)
{
    public override void Remove(HttpContext context) => context.Response.Headers[name] = "";

    protected override string NameFor(HttpRequest request) => name;

    protected override int Find(HttpRequest request, out ReadOnlySpan<char> value)
    {
        var values = request.Headers[name];
        value = values.Count > 0 ? values[0] : default;
        return values.Count == 1 && value.IsEmpty ? 0 : values.Count;
    }

    protected override void Send(HttpContext context, string name, string text) => context.Response.Headers[name] = text;
}
