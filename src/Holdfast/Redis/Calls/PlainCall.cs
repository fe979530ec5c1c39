using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>Reads a reply's value.</summary>
internal delegate T ReplyParser<out T>(ref RespReader reader);

/// <summary>
/// A command of Redis itself with texts for arguments. Unless it is repeatable, a lost connection fails it, and errors
/// are given to who awaits it as <see cref="StoreErrorException"/>.
/// </summary>
internal sealed class PlainCall<T>(ReplyParser<T> parse, bool isRepeatable, params string[] parts) : AwaitedCall<T>
{
    /// <summary>The fault that it ended with, if it did.</summary>
    public StateException? Fault { get; private set; }

    public override bool IsRepeatable => isRepeatable;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(parts.Length);
        foreach (var part in parts)
        {
            writer.Bulk(part);
        }
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        Succeed(parse(ref reader));
        return ReplyVerdict.Settled;
    }

    public override bool TryTakeError(ErrorReply error)
    {
        if (isRepeatable && error.IsTransient)
        {
            return false;
        }

        Fail(new StoreErrorException(error));
        return true;
    }

    public override void Tell(StateException fault)
    {
        Fault ??= fault;
        base.Tell(fault);
    }
}
