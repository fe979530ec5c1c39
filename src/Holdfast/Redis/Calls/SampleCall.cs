using System.Buffers.Text;
using Holdfast.NearCaching;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// <c>HGETALL</c> of a record that the near cache has served, to see whether the store agrees. Nobody awaits it, and it is
/// not repeated.
/// </summary>
internal sealed class SampleCall : AwaitedCall<bool>
{
    private readonly StoreView view;
    private readonly Address address;

    public SampleCall(StoreView view, NearCacheEntry served) => (this.view, Partition, address) = (view, served.Partition, served.Address);

    public override bool IsRepeatable => false;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(2);
        writer.Bulk("HGETALL"u8);
        view.Keys.Write(writer, Partition, address.ToString());
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        long? revision = null;
        long birth = 0;
        for (var left = reader.ReadCount(0); left > 0; left -= 2)
        {
            var name = reader.ReadText();
            var isRevision = name.SequenceEqual("@rev"u8);
            var isBirth = name.SequenceEqual("@born"u8);
            var value = reader.ReadText();

            // A hash that another program made has neither, and counts as of revision 0.
            revision ??= 0;
            if ((isRevision || isBirth) && Utf8Parser.TryParse(value, out long number, out _))
            {
                (revision, birth) = isRevision ? (number, birth) : (revision, number);
            }
        }

        var isRight = !view.Cache.Contradicts(Feed, Partition, address, revision, birth);
        if (!isRight)
        {
            view.Contradicted(Partition, address);
        }

        Succeed(isRight);
        return ReplyVerdict.Settled;
    }
}
