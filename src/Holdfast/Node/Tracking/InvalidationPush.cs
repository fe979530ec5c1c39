namespace Holdfast.Node;

/// <summary>The pushes of CLIENT TRACKING, as RESP3 has them.</summary>
internal static class InvalidationPush
{
    public static ReadOnlySpan<byte> ForgetAll => ">2\r\n$10\r\ninvalidate\r\n_\r\n"u8;

    public static void Write(ReplyBuffer buffer, string wireKey)
    {
        buffer.Raw(">2\r\n$10\r\ninvalidate\r\n*1\r\n"u8);
        buffer.Bulk(wireKey);
    }
}
