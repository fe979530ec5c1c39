namespace Holdfast.Node;

/// <summary>The functions that read (docs/wire.md, Functions).</summary>
internal static class ReadFunctions
{
    public static void Read(Execution x, Command command)
    {
        var head = HeadOf(x, command);
        var addresses = new Address[FunctionCommands.KeyCount(command) - 1];
        if (addresses.Length > StateLimits.MaxRecordsPerCommit)
        {
            throw new StateLimitException($"a read has at most {StateLimits.MaxRecordsPerCommit} records, not {addresses.Length}");
        }

        for (var i = 0; i < addresses.Length; i++)
        {
            var key = x.Node.Keys.Parse(command[FunctionCommands.FirstKey + 1 + i]);
            if (key.Kind != WireKeyKind.Record || key.Partition != head)
            {
                throw new WireArgumentException($"key {i + 2} is no record of the partition: '{command.Text(FunctionCommands.FirstKey + 1 + i)}'");
            }

            addresses[i] = key.Address;
            x.Track(new TrackedKey(head, key.Address));
        }

        x.Track(TrackedKey.Head(head));
        var readings = addresses.Length == 0 ? [] : Ended.Of(x.Node.Engine.ReadManyAsync(addresses));
        var at = readings.Count == 0 ? Ended.Of(x.Node.Engine.ReadHeadAsync(head)).At : readings[0].At;
        x.Reply.Array(3 + readings.Count);
        x.Reply.Bulk(x.Node.Engine.RunId);
        x.Reply.Integer(at.Term);
        x.Reply.Integer(at.Revision);
        foreach (var reading in readings)
        {
            RecordReply.Write(x.Reply, reading.Record, x.Node.Clock);
        }
    }

    /// <summary>A node opens every partition's term when it starts, so that this only tells them.</summary>
    public static void Open(Execution x, Command command)
    {
        var partition = HeadOf(x, command);
        var keys = FunctionCommands.KeyCount(command);
        if (command.Count != FunctionCommands.FirstKey + keys + 1 || command.Text(FunctionCommands.FirstKey + keys) != x.Node.Engine.RunId)
        {
            throw new WireArgumentException("the run id is not the server's");
        }

        var head = Ended.Of(x.Node.Engine.ReadHeadAsync(partition));
        x.Reply.Array(2);
        x.Reply.Integer(head.Revision);
        x.Reply.Array(head.Terms.Count * 2);
        foreach (var term in head.Terms)
        {
            x.Reply.Integer(term.Term);
            x.Reply.Integer(term.FoundRevision);
        }
    }

    public static void Journal(Execution x, Command command)
    {
        var partition = HeadOf(x, command);
        var first = FunctionCommands.FirstKey + FunctionCommands.KeyCount(command);
        if (command.Count != first + 3
            || !Number.TryParse(command[first], out var revision) || revision < 0
            || !Number.TryParse(command[first + 1], out var index) || index is < 0 or > int.MaxValue
            || !Number.TryParse(command[first + 2], out var most) || most is < 1 or > 1000)
        {
            throw new WireArgumentException("the arguments are revision and index to read after, and how many events, from 1 to 1000");
        }

        x.Track(TrackedKey.Head(partition));
        var page = Ended.Of(x.Node.Engine.ReadJournalAsync(partition, new JournalPosition(revision, (int)index), (int)most));
        x.Reply.Array(5);
        x.Reply.Bulk(x.Node.Engine.RunId);
        x.Reply.Integer(page.At.Term);
        x.Reply.Integer(page.At.Revision);
        x.Reply.Integer(page.HasGap ? 1 : 0);
        x.Reply.Array(page.Events.Count);
        foreach (var item in page.Events)
        {
            x.Reply.Array(5);
            x.Reply.Integer(item.Position.Revision);
            x.Reply.Integer(item.Position.Index);
            x.Reply.Integer(item.Time.ToUnixTimeMilliseconds());
            x.Reply.Bulk(item.Type);
            x.Reply.Bulk(item.Payload.Span);
        }
    }

    private static int HeadOf(Execution x, Command command)
    {
        if (FunctionCommands.KeyCount(command) > 0
            && x.Node.Keys.Parse(command[FunctionCommands.FirstKey]) is { Kind: WireKeyKind.Head } head)
        {
            return head.Partition;
        }

        throw new WireArgumentException("the first key is the head of a partition of this store");
    }
}
