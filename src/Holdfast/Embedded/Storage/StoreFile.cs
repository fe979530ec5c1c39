namespace Holdfast.Embedded;

/// <summary>An open file of a store. Used by one thread at a time.</summary>
internal abstract class StoreFile : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Fills the target, or less at the file's end, and tells how much.</summary>
    public abstract int Read(Span<byte> target, long offset);

    /// <summary>Writes all of it, or fails having written any part.</summary>
    public abstract void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Writes and returns once the disk has these bytes, which says nothing of bytes that were written before.</summary>
    public abstract void WriteSynced(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Cuts the file, or lengthens it by zeros.</summary>
    public abstract void SetLength(long length);

    /// <summary>Returns once the disk has all of the file's bytes and its length.</summary>
    public abstract void Sync();

    public abstract void Dispose();
}
