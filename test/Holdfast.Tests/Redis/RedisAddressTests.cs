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
        Assert.True(RedisAddress.IsOne(text));
        Assert.Equal(user, address.User);
        Assert.Equal(password, address.Password);
        Assert.Equal(database, address.Database);
        Assert.Equal(isTls, address.IsTls);
    }

    [Theory]
    [InlineData("redis://a,b:7000,[::1]:7001/2", "a:6379,b:7000,::1:7001")]
    [InlineData("a:6380,b,password=p", "a:6380,b:6379")]
    [InlineData("redis+sentinel://:p@a,b:7000/mymaster", "a:26379,b:7000 (mymaster)")]
    [InlineData("rediss+sentinel://a/mymaster/3", "a:26379 (mymaster)")]
    [InlineData("a,b:7000,serviceName=mymaster,password=p", "a:26379,b:7000 (mymaster)")]
    public void Several_places_and_sentinels_are_read(string text, string place) => Assert.Equal(place, RedisAddress.Parse(text).ToString());

    [Fact]
    public void Settings_of_TLS_and_sentinels_are_read()
    {
        var tls = RedisAddress.Parse("rediss://cache?ca=/etc/a%26b.pem&cert=/c.pem&key=/k.pem&host=store").Tls!;
        Assert.Equal(("/etc/a&b.pem", "/c.pem", "/k.pem", "store"), (tls.AuthorityFile, tls.CertificateFile, tls.KeyFile, tls.HostName));
        var group = RedisAddress.Parse("redis+sentinel://u:p@a/main/4?sentinelUser=s&sentinelPassword=x%40");
        Assert.Equal(("main", 4), (group.ServiceName, group.Database));
        Assert.Equal(("s", "x@"), (group.AtSentinel(group.Place).User, group.AtSentinel(group.Place).Password));
        Assert.Equal(("u", "p"), (group.At(group.Place).User, group.At(group.Place).Password));
    }

    [Fact]
    public void What_StackExchange_Redis_takes_is_read()
    {
        var address = RedisAddress.Parse("cache.example.net:6380,user=me,password=p=a@ss,ssl=True,sslHost=store,abortConnect=False,connectTimeout=500,defaultDatabase=2,name=x");
        Assert.Equal(("cache.example.net:6380", "me", "p=a@ss", 2), (address.ToString(), address.User, address.Password, address.Database));
        Assert.Equal("store", address.Tls!.HostName);
        Assert.Null(RedisAddress.Parse("cache:6379,ssl=false").Tls);
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
    [InlineData("redis://u:s3cret@cache?ca=/ca.pem")]
    [InlineData("rediss://u:s3cret@cache?ca=")]
    [InlineData("rediss://u:s3cret@cache?ca")]
    [InlineData("redis://u:s3cret@a,,b")]
    [InlineData("redis+sentinel://u:s3cret@a")]
    [InlineData("redis+sentinel://u:s3cret@a/main/x")]
    [InlineData("redis://u:s3cret@a?sentinelPassword=s3cret")]
    [InlineData("cache:6379,password=a,s3cret=b")]
    [InlineData("cache:6379,password=s3cret,ssl=perhaps")]
    [InlineData("cache:6379,password=s3cret,defaultDatabase=x")]
    [InlineData("cache:6379,password=s3cret,proxy=twemproxy")]
    public void Other_texts_are_refused_without_telling_the_password(string text)
    {
        var fault = Assert.Throws<ArgumentException>(() => RedisAddress.Parse(text));

        Assert.Contains("redis+unix://", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.Message, StringComparison.Ordinal);
    }
}
