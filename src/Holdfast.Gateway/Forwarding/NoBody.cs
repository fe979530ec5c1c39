using System.Net;

namespace Holdfast.Gateway.Forwarding;

/// <summary>Carries fields such as Content-Type for a request that has no body.</summary>
internal sealed class NoBody : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
