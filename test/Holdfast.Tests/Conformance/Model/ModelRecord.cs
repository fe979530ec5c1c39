using System.Collections.Immutable;

namespace Holdfast.Tests.Conformance;

internal sealed record ModelRecord(Address Address, long Revision, long Birth, ImmutableDictionary<string, byte[]> Fields, long? Expires)
{
    public int Bytes => Fields.Sum(static item => System.Text.Encoding.UTF8.GetByteCount(item.Key) + item.Value.Length);

    public Record ToRecord() =>
        new(Address, Revision, Birth, Fields.ToDictionary(static field => field.Key, static field => (ReadOnlyMemory<byte>)field.Value), Expires);
}
