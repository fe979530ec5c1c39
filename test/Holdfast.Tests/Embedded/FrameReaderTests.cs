using System.Buffers.Binary;
using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>Damage is told from a torn tail by what was synchronised after it, wherever that is.</summary>
public sealed class FrameReaderTests : IDisposable
{
    private const ulong Salt = 7;

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public void A_mark_is_found_at_every_place_about_a_mebibyte_after_the_damage()
    {
        for (var distance = (1 << 20) - 60; distance < (1 << 20) + 60; distance++)
        {
            Assert.True(IsSynced(distance, marked: 5, asked: 5));
        }

        Assert.False(IsSynced(1 << 20, marked: 4, asked: 5));
    }

    [Fact]
    public void A_mark_is_found_in_a_log_of_more_than_two_gibibytes() =>
        Assert.True(IsSynced((2L << 30) + 12345, marked: 5, asked: 5));

    private bool IsSynced(long distance, long marked, long asked)
    {
        var payload = new byte[1 + sizeof(long)];
        payload[0] = (byte)FrameKind.Synced;
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(1), marked);
        var mark = new byte[Frame.HeaderBytes + payload.Length];
        Frame.Write(mark, Frame.SumPayload(Salt, payload), marked, payload);
        using (var file = File.OpenHandle(store["log"], FileMode.Create, FileAccess.Write))
        {
            // What lies between is a hole that takes no room on the disk.
            RandomAccess.Write(file, LogHeader.Make(LogHeader.LogTitle, Salt, 1), 0);
            RandomAccess.Write(file, mark, LogHeader.Bytes + distance);
        }

        using var reader = new FrameReader(store["log"], LogHeader.LogTitle, Salt);
        Assert.False(reader.TryPeek(out _, out _));
        return reader.IsSyncedAfterOffset(asked);
    }
}
