using System.Buffers.Text;
using System.Security.Cryptography;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// How a commit's changes and events stand in the arguments of <c>hf1_commit</c>, from <c>records</c> on
/// (docs/wire.md).
/// </summary>
internal static class CommitWire
{
    public static ReadOnlySpan<byte> CodeOf(Durability durability) => durability switch
    {
        Durability.Memory => "m"u8,
        Durability.Written => "w"u8,
        _ => "s"u8,
    };

    /// <summary>Whether it may run when the store is out of memory: it only removes records, or checks them.</summary>
    public static bool OnlyRemoves(Commit commit) =>
        commit.Request is null && commit.Events.Count == 0
        && commit.Changes is not [{ Kind: ChangeKind.Update }, ..]
        && commit.Changes.All(static change => change.Kind == ChangeKind.Delete || (change.Kind == ChangeKind.Keep && change.Expiry.IsUnchanged));

    /// <summary>How many arguments <see cref="Write(RespWriter, Commit)"/> writes.</summary>
    public static int PartsOf(Commit commit)
    {
        var parts = 2 + (2 * commit.Events.Count);
        for (var i = 0; i < commit.Changes.Count; i++)
        {
            parts += 4;
            foreach (ref readonly var condition in commit.Changes[i].ConditionSpan)
            {
                parts += PartsOf(condition.Kind);
            }

            foreach (ref readonly var operation in commit.Changes[i].OperationSpan)
            {
                parts += operation.Kind == FieldOperationKind.Remove ? 2 : 3;
            }
        }

        return parts;
    }

    public static void Write(RespWriter writer, Commit commit)
    {
        writer.Bulk(commit.Changes.Count);
        for (var i = 0; i < commit.Changes.Count; i++)
        {
            Write(writer, commit.Changes[i]);
        }

        writer.Bulk(commit.Events.Count);
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

        Write(writer, commit);
        return Base64Url.EncodeToString(SHA256.HashData(writer.Written.Span));
    }

    private static int PartsOf(ConditionKind kind) => kind switch
    {
        ConditionKind.Absent or ConditionKind.Exists => 1,
        ConditionKind.FieldIs => 3,
        _ => 2,
    };

    private static void Write(RespWriter writer, RecordChange change)
    {
        writer.Bulk(change.Kind switch { ChangeKind.Update => "U"u8, ChangeKind.Delete => "D"u8, _ => "K"u8 });
        writer.Bulk(change.Conditions.Count);
        foreach (ref readonly var condition in change.ConditionSpan)
        {
            Write(writer, condition);
        }

        if (change.Expiry.IsUnchanged || change.Expiry.IsNever)
        {
            writer.Bulk(change.Expiry.IsNever ? "-"u8 : "="u8);
        }
        else
        {
            writer.Bulk(change.Expiry.Milliseconds);
        }

        writer.Bulk(change.Operations.Count);
        foreach (ref readonly var operation in change.OperationSpan)
        {
            Write(writer, operation);
        }
    }

    private static void Write(RespWriter writer, in Condition condition)
    {
        switch (condition.Kind)
        {
            case ConditionKind.Absent:
                writer.Bulk("A"u8);
                break;
            case ConditionKind.Exists:
                writer.Bulk("E"u8);
                break;
            case ConditionKind.BornAt or ConditionKind.RevisionIs:
                writer.Bulk(condition.Kind == ConditionKind.BornAt ? "B"u8 : "R"u8);
                // What is no revision holds of no record, and neither does the last number that there is on the wire.
                writer.Bulk(condition.Number is >= 0 and < Counter.Maximum ? condition.Number : Counter.Maximum);
                break;
            case ConditionKind.FieldIs:
                writer.Bulk("F"u8);
                writer.Bulk(condition.Field!);
                writer.Bulk(condition.Value.Span);
                break;
            case ConditionKind.FieldAbsent:
                writer.Bulk("N"u8);
                writer.Bulk(condition.Field!);
                break;
            default:
                throw new ArgumentException("A condition of the commit was never given a value.");
        }
    }

    private static void Write(RespWriter writer, in FieldOperation operation)
    {
        writer.Bulk(operation.Kind switch
        {
            FieldOperationKind.Set => "S"u8,
            FieldOperationKind.Remove => "R"u8,
            FieldOperationKind.Add => "A"u8,
            _ => "M"u8,
        });
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
