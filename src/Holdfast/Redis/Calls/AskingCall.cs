using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>ASKING</c>, ahead of a call for a slot that the server is taking over. One for all: its reply says nothing.</summary>
internal sealed class AskingCall : StoreCall
{
    public static readonly AskingCall Instance = new();

    private AskingCall()
    {
    }

    public override bool IsSettled => true;

    public override bool IsRepeatable => false;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(1);
        writer.Bulk("ASKING"u8);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server) => ReplyVerdict.Settled;

    public override bool TryTakeError(ErrorReply error) => true;

    public override void Fail(StateException fault)
    {
    }

    public override void Tell(StateException fault)
    {
    }
}
