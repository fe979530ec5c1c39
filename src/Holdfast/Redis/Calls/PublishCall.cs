using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>PUBLISH</c>, never repeated: a signal arrives at most once.</summary>
internal sealed class PublishCall(string channel, ReadOnlyMemory<byte> payload) : AwaitedCall<long>
{
    public override bool IsRepeatable => false;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(3);
        writer.Bulk("PUBLISH"u8);
        writer.Bulk(channel);
        writer.Bulk(payload.Span);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        Succeed(reader.ReadInteger());
        return ReplyVerdict.Settled;
    }
}
