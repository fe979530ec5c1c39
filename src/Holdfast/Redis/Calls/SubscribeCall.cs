using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// <c>SUBSCRIBE</c> or <c>UNSUBSCRIBE</c>. Its reply is a push, which comes in the place of a reply, or an error.
/// </summary>
internal sealed class SubscribeCall : AwaitedCall<bool>
{
    private readonly string channel;
    private readonly bool ends;

    public SubscribeCall(string channel, bool ends)
    {
        // The end of a subscription is for the server that has it: at another one it might come after that one was asked for the next.
        (this.channel, this.ends, IsPinned) = (channel, ends, ends);
    }

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
