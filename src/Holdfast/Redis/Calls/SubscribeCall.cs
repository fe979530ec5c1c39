using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// <c>SUBSCRIBE</c> or <c>UNSUBSCRIBE</c>. Its reply is a push, which comes in the place of a reply, or an error.
/// </summary>
internal sealed class SubscribeCall(string channel, bool ends) : AwaitedCall<bool>
{
    // A new connection subscribes to all channels that are listened to.
    public override bool IsRepeatable => !ends;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(2);
        writer.Bulk(ends ? "UNSUBSCRIBE"u8 : "SUBSCRIBE"u8);
        writer.Bulk(channel);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        Succeed(true);
        return ReplyVerdict.Settled;
    }
}
