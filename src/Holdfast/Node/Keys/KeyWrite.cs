using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>
/// A command that changes a plain key: decided on the key as it is, and answered once that is durable. A command
/// that is refused, such as for the key's type, changes nothing.
/// </summary>
internal abstract class KeyWrite(PlainKey key) : RecordDecision(key.Address)
{
    /// <summary>Bytes that the write adds to a commit, roughly.</summary>
    public virtual int Bytes => key.Bytes.Length;

    /// <summary>The level at which it is acknowledged; null for the node's.</summary>
    public virtual Durability? Durability => null;

    /// <summary>Why nothing was changed, as an error.</summary>
    protected string? Refusal { get; set; }

    /// <inheritdoc/>
    public sealed override bool TryReplace(in RecordView newest, out FieldReplacement field)
    {
        field = default;
        return !key.IsHashed && TryChange(newest, out field);
    }

    /// <inheritdoc/>
    public sealed override RecordChange? Decide(Record? newest)
    {
        var change = Change(newest);
        if (change is { Kind: ChangeKind.Update } && newest is null && key.IsHashed)
        {
            change.Set(PlainRecord.KeyField, key.Bytes);
        }

        return change;
    }

    public void Answer(ReplyBuffer reply)
    {
        if (Refusal is not null)
        {
            reply.Error(Refusal);
        }
        else
        {
            Reply(reply);
        }
    }

    /// <summary>The key's change, null for none; notes what the reply will tell.</summary>
    protected abstract RecordChange? Change(Record? newest);

    /// <summary>The one field of the record after the change, if it has no other and had none; false if that can't be told so simply.</summary>
    protected virtual bool TryChange(in RecordView newest, out FieldReplacement field)
    {
        field = default;
        return false;
    }

    /// <summary>Tells what was noted.</summary>
    protected abstract void Reply(ReplyBuffer reply);

    protected RecordChange Update() => RecordChange.Update(Address);

    protected RecordChange Delete() => RecordChange.Delete(Address);

    /// <summary>The string's bytes, null if the key is absent; false, and refused, if it holds a hash.</summary>
    protected bool TryString(Record? newest, out ReadOnlyMemory<byte>? value)
    {
        value = newest?[PlainRecord.ValueField];
        Refusal = newest is null || value is not null ? null : RedisErrors.WrongType;
        return Refusal is null;
    }

    /// <summary>False, and refused, if the key holds a string.</summary>
    protected bool IsHashOrAbsent(Record? newest)
    {
        Refusal = newest is not null && PlainRecord.IsString(newest) ? RedisErrors.WrongType : null;
        return Refusal is null;
    }

    /// <summary>Moves the key's expiry: a time that is over removes the key.</summary>
    protected RecordChange Expire(RecordChange change, long left) =>
        left > 0 ? change.ExpireAfter(TimeSpan.FromMilliseconds(left)) : Delete();
}
