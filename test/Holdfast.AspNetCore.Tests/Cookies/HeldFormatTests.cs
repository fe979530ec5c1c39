using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class HeldFormatTests
{
    private static readonly HeldSession Session = new(
        "3~abc",
        DateTimeOffset.FromUnixTimeMilliseconds(1_750_000_000_123),
        1_750_000_100,
        new Dictionary<string, ReadOnlyMemory<byte>> { ["name"] = "Ada"u8.ToArray(), ["ключ"] = new byte[300], [".="] = Array.Empty<byte>() });

    [Fact]
    public void What_is_written_is_read()
    {
        var bytes = new byte[HeldFormat.MaxBytes];
        var length = HeldFormat.Write(bytes, Session);
        Assert.InRange(length, 1, HeldFormat.BytesOf(Session));
        var read = HeldFormat.Read(bytes.AsSpan(0, length))!;
        Assert.Equal((Session.Id, Session.Created, Session.TouchedSeconds), (read.Id, read.Created, read.TouchedSeconds));
        Assert.Equal(Session.Fields.Keys, read.Fields.Keys);
        Assert.All(Session.Fields, field => Assert.Equal(field.Value.ToArray(), read.Fields[field.Key].ToArray()));
    }

    [Fact]
    public void Whatever_is_cut_short_or_goes_on_is_rejected()
    {
        var bytes = new byte[HeldFormat.MaxBytes];
        var length = HeldFormat.Write(bytes, Session);
        for (var end = 0; end <= length + 1; end++)
        {
            Assert.Equal(end == length, HeldFormat.Read(bytes.AsSpan(0, end)) is not null);
        }
    }
}
