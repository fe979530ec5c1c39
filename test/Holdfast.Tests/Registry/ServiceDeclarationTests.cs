namespace Holdfast.Tests.Registry;

public sealed class ServiceDeclarationTests
{
    [Fact]
    public void Trailing_slashes_and_repetitions_of_routes_mean_nothing()
    {
        Assert.Equal(["/", "/shop"], new ServiceDeclaration("shop", ["/", "/shop/", "/shop"], "/healthz").Routes);
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("")]
    [InlineData("/a b")]
    [InlineData("/a//b")]
    [InlineData("/a?b")]
    [InlineData("/a\nb")]
    public void What_is_no_path_is_refused_by_name(string path)
    {
        Assert.Contains($"'{path}'", Assert.Throws<ArgumentException>(() => new ServiceDeclaration("shop", [path], "/healthz")).Message);
        Assert.Contains($"'{path}'", Assert.Throws<ArgumentException>(() => new ServiceDeclaration("shop", ["/"], path)).Message);
    }

    [Fact]
    public void A_name_that_could_stand_in_no_address_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new ServiceDeclaration("a/b", ["/"], "/healthz"));
    }
}
