namespace Holdfast.Tests.Records;

public sealed class AddressTests
{
    [Theory]
    [InlineData("cart/u42", "cart", "u42", null)]
    [InlineData("order/u42/1007", "order", "u42", "1007")]
    [InlineData("session/2a~k3-_.~", "session", "2a~k3-_.~", null)]
    [InlineData("a/!/\"", "a", "!", "\"")]
    public void An_address_reads_back_into_its_parts(string text, string kind, string affinity, string? id)
    {
        var address = Address.Parse(text);

        Assert.Equal((kind, affinity, id), (address.Kind, address.Affinity, address.Id));
        Assert.Equal(text, address.ToString());
        Assert.Equal(new Address(kind, affinity, id), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cart")]
    [InlineData("cart/")]
    [InlineData("/u42")]
    [InlineData("Cart/u42")]
    [InlineData("cart/u 42")]
    [InlineData("cart/u{42}")]
    [InlineData("cart/ü")]
    [InlineData("cart/u\r\n")]
    [InlineData("order/u42/")]
    [InlineData("order/u42/1/2")]
    [InlineData("@head/u42")]
    public void What_is_no_address_is_refused_with_the_reason(string text)
    {
        Assert.False(Address.TryParse(text, out _));
        Assert.Contains("is no address", Assert.Throws<FormatException>(() => Address.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_bounded()
    {
        Assert.True(Address.TryParse($"{new string('k', 32)}/{new string('a', 200)}/{new string('i', 200)}", out _));
        Assert.False(Address.TryParse($"{new string('k', 33)}/a", out _));
        Assert.False(Address.TryParse($"k/{new string('a', 201)}", out _));
        Assert.False(Address.TryParse($"k/a/{new string('i', 201)}", out _));
    }

    [Theory]
    [InlineData("Zoë O'Hara/{admin}\r\n")]
    [InlineData("..")]
    [InlineData("%2f")]
    public void Free_text_may_stand_in_an_address_once_escaped(string name)
    {
        var address = new Address("user", Address.Escape(name));

        Assert.Equal(name, Uri.UnescapeDataString(address.Affinity));
    }

    [Fact]
    public void Different_records_have_different_addresses() =>
        Assert.NotEqual(new Address("order", "u4", "21007"), new Address("order", "u42", "1007"));
}
