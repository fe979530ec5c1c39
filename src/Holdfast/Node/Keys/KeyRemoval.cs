namespace Holdfast.Node;

/// <summary>One key of DEL and UNLINK.</summary>
internal sealed class KeyRemoval(PlainKey key) : KeyWrite(key)
{
    /// <summary>Whether there was such a key.</summary>
    public bool WasThere { get; private set; }

    protected override RecordChange? Change(Record? newest)
    {
        WasThere = newest is not null;
        return WasThere ? Delete() : null;
    }

    protected override void Reply(ReplyBuffer reply) => reply.Integer(WasThere ? 1 : 0);
}
