using Holdfast.AspNetCore.Cookies;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class SeenFormatTests
{
    private static readonly PartitionMap Partitions = new(256);

    [Fact]
    public void What_is_written_is_read_at_its_largest_too()
    {
        var stamps = new ClientStamps { StoreUntil = long.MaxValue };
        for (var i = 0; i < ClientStamps.MaxStamps; i++)
        {
            stamps.Restore(new SeenStamp(new Stamp(255 - i, long.MaxValue - i, long.MaxValue >> (i * 8)), long.MaxValue));
        }

        var touch = new Touch(long.MaxValue, long.MaxValue);
        var bytes = new byte[SeenFormat.MaxBytes];
        var length = SeenFormat.Write(bytes, touch, stamps);
        Assert.True(SeenFormat.TryRead(bytes.AsSpan(0, length), Partitions, out var read, out var stampsRead));
        Assert.Equal(touch, read);
        Assert.Equal(stamps.StoreUntil, stampsRead!.StoreUntil);
        Assert.Equal(stamps.All, stampsRead.All);
    }

    [Fact]
    public void Nothing_seen_is_read_as_nothing()
    {
        var bytes = new byte[SeenFormat.MaxBytes];
        var length = SeenFormat.Write(bytes, default, new ClientStamps());
        Assert.True(SeenFormat.TryRead(bytes.AsSpan(0, length), Partitions, out var touch, out var stamps));
        Assert.Equal(default, touch);
        Assert.Null(stamps);
    }

    [Fact]
    public void Whatever_is_cut_short_or_goes_on_is_rejected()
    {
        var stamps = new ClientStamps();
        stamps.Add(new Stamp(3, 1_800_000_000_000, 12345), 1_750_000_000, isWrite: true);
        var bytes = new byte[SeenFormat.MaxBytes];
        var length = SeenFormat.Write(bytes, new Touch(77, 1_750_000_000), stamps);
        for (var end = 0; end <= length + 1; end++)
        {
            Assert.Equal(end == length, SeenFormat.TryRead(bytes.AsSpan(0, end), Partitions, out _, out _));
        }

        Assert.False(SeenFormat.TryRead(bytes.AsSpan(0, length), new PartitionMap(2), out _, out _));
    }
}
