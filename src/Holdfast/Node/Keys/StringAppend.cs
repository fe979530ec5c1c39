namespace Holdfast.Node;

/// <summary>APPEND.</summary>
internal sealed class StringAppend(PlainKey key, ReadOnlyMemory<byte> tail) : KeyWrite(key)
{
    private int length;

    protected override RecordChange? Change(Record? newest)
    {
        if (!TryString(newest, out var value))
        {
            return null;
        }

        length = (value?.Length ?? 0) + tail.Length;
        if (tail.IsEmpty && value is not null)
        {
            return null;
        }

        var bytes = new byte[length];
        value?.CopyTo(bytes);
        tail.CopyTo(bytes.AsMemory(length - tail.Length));
        return Update().Set(PlainRecord.ValueField, bytes);
    }

    protected override void Reply(ReplyBuffer reply) => reply.Integer(length);
}
