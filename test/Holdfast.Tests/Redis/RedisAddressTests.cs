using Holdfast.Redis;

namespace Holdfast.Tests.Redis;

public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("redis://cache", "cache:6379", "default", null, 0, false)]
    [InlineData("redis://cache:7000/3", "cache:7000", "default", null, 3, false)]
    [InlineData("redis://:p%40ss@cache", "cache:6379", "default", "p@ss", 0, false)]
    [InlineData("rediss://u:p@cache:6380/", "cache:6380", "u", "p", 0, true)]
    [InlineData("redis://u:p@[::1]:7000", "::1:7000", "u", "p", 0, false)]
    [InlineData("redis+unix:///run/x/state.sock", "/run/x/state.sock", "default", null, 0, false)]
    [InlineData("redis+unix://:p@/run/x@y.sock", "/run/x@y.sock", "default", "p", 0, false)]
    public void The_forms_are_read(string text, string place, string user, string? password, int database, bool isTls)
    {
        var address = RedisAddress.Parse(text);

        Assert.Equal(place, address.ToString());
        Assert.Equal(user, address.User);
        Assert.Equal(password, address.Password);
        Assert.Equal(database, address.Database);
        Assert.Equal(isTls, address.IsTls);
    }

    [Theory]
    [InlineData("http://u:s3cret@cache")]
    [InlineData("redis://")]
    [InlineData("redis://u:s3cret@")]
    [InlineData("redis://u:s3cret@cache:0")]
    [InlineData("redis://u:s3cret@cache:port")]
    [InlineData("redis://u:s3cret@cache/db")]
    [InlineData("redis://s3cret@cache")]
    [InlineData("redis://u:s3cret@cache?ssl=true")]
    [InlineData("redis+unix://u:s3cret@relative/path")]
    [InlineData("redis+unix://u:s3cret@/")]
    public void Other_texts_are_refused_without_telling_the_password(string text)
    {
        var fault = Assert.Throws<ArgumentException>(() => RedisAddress.Parse(text));

        Assert.Contains("redis+unix://", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.Message, StringComparison.Ordinal);
    }
}
