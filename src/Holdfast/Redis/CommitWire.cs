using System.Buffers.Text;
using System.Security.Cryptography;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// How a commit's changes and events stand in the arguments of <c>hf1_commit</c> (docs/wire.md): for each record a
/// text of marks, one for each thing that is asked for, and then what these take.
/// </summary>
internal static class CommitWire
{
    /// <summary>Longer texts of marks are made on the heap.</summary>
    private const int MaxStackMarks = 256;

    /// <summary>An update of more marks does not say what its caller holds.</summary>
    public const int MaxHeldMarks = 64;

    /// <summary>Writes the mark of the durability, and whether a request id follows, the commit is sent for the first time, and the client's key needs no renewal.</summary>
    public static void WriteMarks(RespWriter writer, Durability durability, bool hasRequest, bool isFirst, bool isKept)
    {
        Span<byte> marks = [durability switch { Durability.Memory => (byte)'m', Durability.Written => (byte)'w', _ => (byte)'s' }, 0, 0, 0];
        var count = 1;
        if (hasRequest)
        {
            marks[count++] = (byte)'r';
        }

        if (isFirst)
        {
            marks[count++] = (byte)'n';
        }

        if (isKept)
        {
            marks[count++] = (byte)'k';
        }

        writer.Bulk(marks[..count]);
    }

    /// <summary>Whether it may run when the store is out of memory: it only removes records, or checks them.</summary>
    public static bool OnlyRemoves(Commit commit) =>
        commit.Request is null && commit.Events.Count == 0
        && commit.Changes is not [{ Kind: ChangeKind.Update }, ..]
        && commit.Changes.All(static change => change.Kind == ChangeKind.Delete || (change.Kind == ChangeKind.Keep && change.Expiry.IsUnchanged));

    /// <summary>How many arguments <see cref="Write(RespWriter, Commit, HeldRecord[])"/> writes.</summary>
    public static int PartsOf(Commit commit, HeldRecord?[]? held)
    {
        var parts = 2 * commit.Events.Count;
        for (var i = 0; i < commit.Changes.Count; i++)
        {
            parts += held?[i] is null ? 0 : 2;
            parts += TakesTime(commit.Changes[i].Expiry) ? 2 : 1;
            foreach (ref readonly var condition in commit.Changes[i].ConditionSpan)
            {
                parts += PartsOf(condition.Kind);
            }

            foreach (ref readonly var operation in commit.Changes[i].OperationSpan)
            {
                parts += operation.Kind == FieldOperationKind.Remove ? 1 : 2;
            }
        }

        return parts;
    }

    /// <summary>Writes the changes and the events.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="held">For each change the record that this process holds, if it holds one; null for none at all.</param>
    public static void Write(RespWriter writer, Commit commit, HeldRecord?[]? held)
    {
        for (var i = 0; i < commit.Changes.Count; i++)
        {
            Write(writer, commit.Changes[i], held?[i]);
        }

        for (var i = 0; i < commit.Events.Count; i++)
        {
            writer.Bulk(commit.Events[i].Type);
            writer.Bulk(commit.Events[i].Payload.Span);
        }
    }

    /// <summary>
    /// What must be the same for a repetition of the request id to be one: what the caller says, or else a hash of
    /// addresses, changes and events. Null without a request id, and never empty, which on the wire means none.
    /// </summary>
    public static string? FingerprintOf(Commit commit)
    {
        if (commit.Request is not { } request)
        {
            return null;
        }

        if (request.Fingerprint is { } given)
        {
            return given.Length == 0 ? "-" : given;
        }

        var writer = new RespWriter();
        foreach (var change in commit.Changes)
        {
            writer.Bulk(change.Address.ToString());
        }

        Write(writer, commit, held: null);
        return Base64Url.EncodeToString(SHA256.HashData(writer.Written.Span));
    }

    private static bool TakesTime(Expiry expiry) => !expiry.IsNever && !expiry.IsUnchanged;

    private static int PartsOf(ConditionKind kind) => kind switch
    {
        ConditionKind.Absent or ConditionKind.Exists => 0,
        ConditionKind.FieldIs => 2,
        _ => 1,
    };

    private static void Write(RespWriter writer, RecordChange change, HeldRecord? held)
    {
        WriteMarks(writer, change, held is not null);
        if (held is not null)
        {
            writer.Bulk(held.Revision);
            writer.Bulk(held.Term);
        }

        foreach (ref readonly var condition in change.ConditionSpan)
        {
            Write(writer, condition);
        }

        if (TakesTime(change.Expiry))
        {
            writer.Bulk(change.Expiry.Milliseconds);
        }

        foreach (ref readonly var operation in change.OperationSpan)
        {
            Write(writer, operation);
        }
    }

    private static void WriteMarks(RespWriter writer, RecordChange change, bool isHeld)
    {
        var count = (isHeld ? 3 : 2) + change.Conditions.Count + change.Operations.Count;
        var marks = count <= MaxStackMarks ? stackalloc byte[MaxStackMarks] : new byte[count];
        marks[0] = change.Kind switch { ChangeKind.Update => (byte)'U', ChangeKind.Delete => (byte)'D', _ => (byte)'K' };
        var at = 1;
        if (isHeld)
        {
            marks[at++] = (byte)'H';
        }

        foreach (ref readonly var condition in change.ConditionSpan)
        {
            marks[at++] = MarkOf(condition.Kind);
        }

        marks[at++] = change.Expiry.IsNever ? (byte)'-' : change.Expiry.IsUnchanged ? (byte)'=' : (byte)'>';
        foreach (ref readonly var operation in change.OperationSpan)
        {
            marks[at++] = MarkOf(operation.Kind);
        }

        writer.Bulk(marks[..count]);
    }

    private static byte MarkOf(ConditionKind kind) => kind switch
    {
        ConditionKind.Absent => (byte)'A',
        ConditionKind.Exists => (byte)'E',
        ConditionKind.BornAt => (byte)'B',
        ConditionKind.RevisionIs => (byte)'R',
        ConditionKind.FieldIs => (byte)'F',
        ConditionKind.FieldAbsent => (byte)'N',
        _ => throw new ArgumentException("A condition of the commit was never given a value."),
    };

    private static byte MarkOf(FieldOperationKind kind) => kind switch
    {
        FieldOperationKind.Set => (byte)'S',
        FieldOperationKind.Remove => (byte)'R',
        FieldOperationKind.Add => (byte)'A',
        _ => (byte)'M',
    };

    private static void Write(RespWriter writer, in Condition condition)
    {
        if (condition.Kind is ConditionKind.BornAt or ConditionKind.RevisionIs)
        {
            // What is no revision holds of no record, and neither does the last number that there is on the wire.
            writer.Bulk(condition.Number is >= 0 and < Counter.Maximum ? condition.Number : Counter.Maximum);
        }
        else if (condition.Kind is ConditionKind.FieldIs or ConditionKind.FieldAbsent)
        {
            writer.Bulk(condition.Field!);
            if (condition.Kind == ConditionKind.FieldIs)
            {
                writer.Bulk(condition.Value.Span);
            }
        }
    }

    private static void Write(RespWriter writer, in FieldOperation operation)
    {
        writer.Bulk(operation.Field);
        if (operation.Kind == FieldOperationKind.Set)
        {
            writer.Bulk(operation.Value.Span);
        }
        else if (operation.Kind != FieldOperationKind.Remove)
        {
            writer.Bulk(operation.Number);
        }
    }
}
