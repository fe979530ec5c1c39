using Holdfast.AspNetCore.Cookies;

namespace Holdfast.AspNetCore.Tests.Cookies;

/// <summary>A text is taken for a cookie that was opened lately only if each character is the same.</summary>
public sealed class OpenedCookiesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(96)]
    [InlineData(203)]
    [InlineData(700)]
    [Trait("Attack", "A16")]
    public void One_that_differs_in_any_bit_of_any_character_is_another(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(static i => (char)('0' + (i % 64))));
        Assert.True(OpenedCookies.IsSame(text.ToCharArray(), text));
        for (var i = 0; i < length; i++)
        {
            for (var bit = 1; bit <= char.MaxValue; bit <<= 1)
            {
                var altered = text.ToCharArray();
                altered[i] = (char)(altered[i] ^ bit);
                Assert.False(OpenedCookies.IsSame(altered, text));
            }
        }

        Assert.False(OpenedCookies.IsSame(text + "0", text));
        Assert.False(OpenedCookies.IsSame(text, text + "0"));
    }
}
