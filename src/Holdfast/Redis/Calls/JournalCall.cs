using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>hf1_journal</c>: a partition's events after a position.</summary>
internal sealed class JournalCall : AwaitedCall<JournalPage>
{
    private readonly StoreView view;
    private readonly JournalPosition after;
    private readonly int maxEvents;

    public JournalCall(StoreView view, int partition, JournalPosition after, int maxEvents) =>
        (this.view, Partition, this.after, this.maxEvents) = (view, partition, after, maxEvents);

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(8);
        writer.Bulk("FCALL_RO"u8);
        writer.Bulk("hf1_journal"u8);
        writer.Bulk(2);
        view.Keys.Write(writer, Partition, StoreKeys.Head);
        view.Keys.Write(writer, Partition, StoreKeys.Journal);
        writer.Bulk(after.Revision);
        writer.Bulk(after.Index);
        writer.Bulk(maxEvents);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        reader.ReadCount(5);
        if (!server.IsTenure(reader.ReadText()))
        {
            return ReplyVerdict.TermUnknown;
        }

        var at = new Stamp(Partition, reader.ReadInteger(), reader.ReadInteger());
        var hasGap = reader.ReadInteger() != 0;
        var events = new JournalEvent[reader.ReadCount(0)];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = ReadEvent(ref reader);
        }

        view.Saw(this, at);
        Succeed(new JournalPage(events, hasGap, at));
        return ReplyVerdict.Settled;
    }

    private static JournalEvent ReadEvent(ref RespReader reader)
    {
        var parts = reader.ReadCount(5);
        var position = new JournalPosition(reader.ReadInteger(), checked((int)reader.ReadInteger()));
        var time = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInteger());
        var type = reader.ReadString();
        var payload = reader.ReadText().ToArray();
        reader.SkipElements(parts - 5);
        return new JournalEvent(position, time, type, payload);
    }
}
