using System.Text;

namespace Holdfast;

/// <summary>
/// What <see cref="EmbeddedEngine.Read(Address, RecordBuffer)"/> copies a record into: used again and again by one caller, it takes no memory of the collector's once it is
/// as large as the largest record. For one thread at a time. What it gives is valid until the next read into it.
/// </summary>
public sealed class RecordBuffer
{
    private const int InitialBytes = 1024;

    private byte[] bytes = new byte[InitialBytes];
    private int length;

    /// <summary>Whether the last read found a record.</summary>
    public bool HasRecord { get; private set; }

    /// <summary>The partition's moment as of which the record, or its absence, is known.</summary>
    public Stamp At { get; private set; }

    /// <summary>As <see cref="Record.Revision"/>.</summary>
    public long Revision { get; private set; }

    /// <summary>As <see cref="Record.Birth"/>.</summary>
    public long Birth { get; private set; }

    /// <summary>As <see cref="Record.Deadline"/>.</summary>
    public long? Deadline { get; private set; }

    /// <summary>How many fields the record has.</summary>
    public int FieldCount { get; private set; }

    /// <summary>Walks the fields, in no order.</summary>
    internal FieldWalk Fields => new(bytes.AsSpan(0, length));

    /// <summary>The field's bytes; false when the record has no such field.</summary>
    /// <param name="name">The field's name, in UTF-8.</param>
    /// <param name="value">Its bytes, until the next read into the buffer.</param>
    public bool TryGetField(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var walk = Fields;
        var found = walk.Find(name);
        value = found ? walk.Value : default;
        return found;
    }

    /// <inheritdoc cref="TryGetField(ReadOnlySpan{byte}, out ReadOnlySpan{byte})"/>
    /// <param name="name">The field's name.</param>
    /// <param name="value">Its bytes, until the next read into the buffer.</param>
    public bool TryGetField(string name, out ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> utf8 = stackalloc byte[StateLimits.MaxFieldNameBytes];
        value = default;
        return Encoding.UTF8.TryGetBytes(name, utf8, out var written) && TryGetField(utf8[..written], out value);
    }

    internal void Fill(Stamp at)
    {
        (At, HasRecord, FieldCount, length) = (at, false, 0, 0);
        (Revision, Birth, Deadline) = (0, 0, null);
    }

    internal void Fill(Stamp at, long revision, long birth, long? deadline, int fieldCount, ReadOnlySpan<byte> packed)
    {
        (At, HasRecord, FieldCount, length) = (at, true, fieldCount, packed.Length);
        (Revision, Birth, Deadline) = (revision, birth, deadline);
        if (bytes.Length < length)
        {
            bytes = new byte[Math.Max(bytes.Length * 2, length)];
        }

        packed.CopyTo(bytes);
    }
}
