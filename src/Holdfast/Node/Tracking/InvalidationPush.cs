namespace Holdfast.Node;

/// <summary>The pushes of CLIENT TRACKING, as RESP3 has them.</summary>
internal static class InvalidationPush
{
    public static ReadOnlySpan<byte> ForgetAll => ">2\r\n$10\r\ninvalidate\r\n_\r\n"u8;

    /// <summary>
    /// Tells the key by the names under which it can have been read: a plain key's record has two. If the record's
    /// address does not spell its key, everything is to be forgotten.
    /// </summary>
    public static void Write(ReplyBuffer buffer, in TrackedKey key, WireKeys keys)
    {
        if (key.IsHead || !PlainKey.IsPlainAddress(key.Address))
        {
            buffer.Raw(">2\r\n$10\r\ninvalidate\r\n*1\r\n"u8);
            buffer.Bulk(key.WireKey(keys));
        }
        else if (PlainKey.Decode(key.Address) is { } plain)
        {
            buffer.Raw(">2\r\n$10\r\ninvalidate\r\n*2\r\n"u8);
            buffer.Bulk(key.WireKey(keys));
            buffer.Bulk(plain);
        }
        else
        {
            buffer.Raw(ForgetAll);
        }
    }
}
