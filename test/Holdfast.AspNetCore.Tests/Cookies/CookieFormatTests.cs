using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class CookieFormatTests
{
    private static readonly PartitionMap Partitions = new(256);

    [Fact]
    public void What_is_written_is_read()
    {
        var stamps = new ClientStamps { StoreUntil = 1_800_000_000 };
        for (var i = 0; i < ClientStamps.MaxStamps; i++)
        {
            stamps.Restore(new SeenStamp(new Stamp(255 - i, long.MaxValue - i, 1L << (i * 8)), 1_700_000_000 + i));
        }

        var content = new CookieContent(new SessionReference("ff~abc", 77), 1_750_000_000, stamps);
        var read = RoundTrip(content)!;
        Assert.Equal(content.Session, read.Session);
        Assert.Equal(content.TouchedSeconds, read.TouchedSeconds);
        Assert.Equal(stamps.StoreUntil, read.Stamps.StoreUntil);
        Assert.Equal(stamps.All, read.Stamps.All);
    }

    [Fact]
    public void A_content_without_a_session_is_read()
    {
        var read = RoundTrip(new CookieContent(null, 0, new ClientStamps()))!;
        Assert.Null(read.Session);
        Assert.Empty(read.Stamps.All);
    }

    [Fact]
    public void Whatever_is_cut_short_or_goes_on_is_rejected()
    {
        var stamps = new ClientStamps();
        stamps.Add(new Stamp(3, 1_800_000_000_000, 12345), 1_750_000_000, isWrite: true);
        var bytes = new byte[CookieFormat.MaxBytes];
        var length = CookieFormat.Write(bytes, new CookieContent(new SessionReference("3~abc", 77), 1_750_000_000, stamps));
        for (var cut = 0; cut < length; cut++)
        {
            Assert.Null(CookieFormat.Read(bytes.AsSpan(0, cut), Partitions));
        }

        Assert.NotNull(CookieFormat.Read(bytes.AsSpan(0, length), Partitions));
        Assert.Null(CookieFormat.Read(bytes.AsSpan(0, length + 1), Partitions));
        Assert.Null(CookieFormat.Read(bytes.AsSpan(0, length), new PartitionMap(2)));
    }

    private static CookieContent? RoundTrip(CookieContent content)
    {
        var bytes = new byte[CookieFormat.MaxBytes];
        return CookieFormat.Read(bytes.AsSpan(0, CookieFormat.Write(bytes, content)), Partitions);
    }
}
