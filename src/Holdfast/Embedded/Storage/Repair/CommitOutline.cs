namespace Holdfast.Embedded;

/// <summary>What a commit's frame tells without its content: whose it is, and which records it concerns.</summary>
internal sealed record CommitOutline(int Partition, long Revision, long WallMilliseconds, bool TakesRevision, List<(ChangeEffect Effect, string Address)> Changes)
{
    /// <summary>Reads all of the frame, so that one which can't be understood is found here.</summary>
    /// <exception cref="FormatException">It is no commit's, or can't be understood.</exception>
    public static CommitOutline Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        if ((FrameKind)reader.Byte() != FrameKind.Commit)
        {
            throw new FormatException("The frame is no commit's.");
        }

        var (partition, revision, wall, flags) = (reader.Count(), reader.Number(), reader.Number(), reader.Byte());
        List<(ChangeEffect, string)> changes = [];
        for (var count = reader.Count(); count > 0; count--)
        {
            changes.Add(ReadChange(ref reader));
        }

        for (var count = reader.Count(); count > 0; count--)
        {
            reader.Bytes();
            reader.Bytes();
        }

        if ((flags & CommitFrame.HasRequest) != 0)
        {
            reader.Bytes();
            reader.Bytes();
            reader.Bytes();
            reader.Number();
        }

        if ((flags & CommitFrame.HasClient) != 0)
        {
            reader.Bytes();
            reader.Number();
        }

        return new CommitOutline(partition, revision, wall, (flags & CommitFrame.TakesRevision) != 0, changes);
    }

    /// <summary>A frame that deletes records without taking a revision, as the reaping of expired ones does.</summary>
    public static void WriteDeletion(PayloadWriter writer, int partition, long revision, long wall, IReadOnlyList<string> addresses)
    {
        writer.Begin(FrameKind.Commit);
        writer.Number(partition);
        writer.Number(revision);
        writer.Number(wall);
        writer.Byte(0);
        writer.Number(addresses.Count);
        foreach (var address in addresses)
        {
            writer.Byte((byte)ChangeEffect.Delete);
            writer.Text(address);
        }

        writer.Number(0);
    }

    private static (ChangeEffect Effect, string Address) ReadChange(ref PayloadReader reader)
    {
        var (effect, address) = ((ChangeEffect)reader.Byte(), reader.Text());
        if (effect is ChangeEffect.Delete)
        {
            return (effect, address);
        }

        if (effect is not (ChangeEffect.Create or ChangeEffect.Change or ChangeEffect.Touch))
        {
            throw new FormatException("The frame has a change of an unknown kind.");
        }

        if (reader.Byte() == CommitFrame.ExpiryAt)
        {
            reader.Number();
        }

        for (var next = effect == ChangeEffect.Touch ? CommitFrame.FieldsEnd : reader.Byte(); next != CommitFrame.FieldsEnd; next = reader.Byte())
        {
            reader.Bytes();
            if (next == CommitFrame.FieldSet)
            {
                reader.Bytes();
            }
        }

        return (effect, address);
    }
}
