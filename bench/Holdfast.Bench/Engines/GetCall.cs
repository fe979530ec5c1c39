using Holdfast.Redis;
using Holdfast.Resp;

namespace Holdfast.Bench;

/// <summary><c>GET</c> of one small value, as redis-benchmark asks for it; answers its length.</summary>
internal sealed class GetCall : PooledCall<int>
{
    private readonly CallPool<GetCall> pool;

    private GetCall(CallPool<GetCall> pool) => this.pool = pool;

    public static GetCall Of(CallPool<GetCall> pool) => pool.TryTake(out var used) ? used : new GetCall(pool);

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(2);
        writer.Bulk("GET"u8);
        writer.Bulk(EnginesBench.Key);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        Succeed(reader.ReadText().Length);
        return ReplyVerdict.Settled;
    }

    protected override void Return() => pool.Return(this);
}
