using System.Net;

namespace Holdfast.TestServers;

/// <summary>A body of which the first half is sent at once and the second when it may.</summary>
internal sealed class PausedUpload(Task mayGoOn) : HttpContent
{
    public const int Length = 400_000;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(new byte[Length / 2]);
        await stream.FlushAsync();
        await mayGoOn;
        await stream.WriteAsync(new byte[Length / 2]);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Length;
        return true;
    }
}
