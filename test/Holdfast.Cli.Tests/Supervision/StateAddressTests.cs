using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Tests.Supervision;

public sealed class StateAddressTests
{
    [Theory]
    [InlineData("redis://:secret@127.0.0.1:6379/2", "redis://127.0.0.1:6379/2")]
    [InlineData("rediss://user:se@cret@host:1", "rediss://host:1")]
    [InlineData("redis+unix://:secret@/run/x.sock", "redis+unix:///run/x.sock")]
    [InlineData("redis://host", "redis://host")]
    [InlineData("redis://host?password=secret", "redis://host")]
    [InlineData("redis+unix:///run/a@b.sock", "redis+unix:///run/a@b.sock")]
    public void Shown_addresses_hold_no_secret(string url, string shown) => Assert.Equal(shown, StateAddress.Show(url));
}
