using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class SessionFormatTests
{
    /// <summary>What the first release wrote: session <c>3~abc</c> born at 300, touched at 1,750,000,000; until 0; one stamp, (3, 9, 301) seen at 1,750,000,001.</summary>
    private const string OfFirstRelease = "05337E616263" + "AC02" + "80C3BBC206" + "00" + "01" + "03" + "09" + "AD02" + "81C3BBC206";

    private static readonly PartitionMap Partitions = new(256);

    [Fact]
    public void The_first_releases_cookie_is_read_with_its_stamps()
    {
        Assert.True(SessionFormat.TryRead(Convert.FromHexString(OfFirstRelease), Partitions, out var session, out var touched, out var stamps));
        Assert.Equal(new SessionReference("3~abc", 300), session);
        Assert.Equal(1_750_000_000, touched);
        Assert.Equal([new SeenStamp(new Stamp(3, 9, 301), 1_750_000_001)], stamps!.All);
    }

    [Fact]
    public void What_is_written_is_the_first_releases_form_without_stamps()
    {
        var bytes = new byte[SessionFormat.MaxBytes];
        var length = SessionFormat.Write(bytes, new SessionReference("3~abc", 300), 1_750_000_000);
        Assert.Equal("05337E616263" + "AC02" + "80C3BBC206" + "00" + "00", Convert.ToHexString(bytes, 0, length));
        Assert.True(SessionFormat.TryRead(bytes.AsSpan(0, length), Partitions, out var session, out _, out var stamps));
        Assert.Equal(new SessionReference("3~abc", 300), session);
        Assert.Null(stamps);
    }

    [Fact]
    public void Whatever_is_cut_short_or_goes_on_is_rejected()
    {
        var bytes = Convert.FromHexString(OfFirstRelease + "00");
        for (var length = 0; length <= bytes.Length; length++)
        {
            Assert.Equal(length == bytes.Length - 1, SessionFormat.TryRead(bytes.AsSpan(0, length), Partitions, out _, out _, out _));
        }

        Assert.False(SessionFormat.TryRead(bytes.AsSpan(0, bytes.Length - 1), new PartitionMap(2), out _, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3~a/c")]
    [InlineData("3~a c")]
    public void An_id_that_is_no_affinity_is_rejected(string id)
    {
        var bytes = new byte[SessionFormat.MaxBytes];
        var length = SessionFormat.Write(bytes, new SessionReference(id, 300), 1_750_000_000);
        Assert.False(SessionFormat.TryRead(bytes.AsSpan(0, length), Partitions, out _, out _, out _));
    }
}
