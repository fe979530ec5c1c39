using Holdfast.Cli.Prove.Diagnosis;

namespace Holdfast.Cli.Tests.Prove;

public sealed class CredentialReaderTests
{
    private const string Unique = "kx81mz0qpa7b";

    [Theory]
    [InlineData("connect.sid", "s%3AkQ9vJ2h0.b3BhcXVlb3BhcXVlb3BhcXVl", nameof(CredentialFormat.SessionId))]
    [InlineData(".AspNetCore.Session", "CfDJ8KkQ9vJ2h0b3BhcXVl", nameof(CredentialFormat.SessionId))]
    [InlineData("JSESSIONID", "9F86D081884C7D659A2FEAA0C55AD015", nameof(CredentialFormat.SessionId))]
    [InlineData(".AspNetCore.Cookies", "CfDJ8KkQ9vJ2h0b3BhcXVl", nameof(CredentialFormat.DataProtection))]
    [InlineData(".AspNetCore.Antiforgery.w5W7x28NAIs", "CfDJ8KkQ9vJ2h0b3BhcXVl", nameof(CredentialFormat.Antiforgery))]
    [InlineData("token", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", nameof(CredentialFormat.Jwt))]
    [InlineData("auth", "kx81mz0qpa7b.5a1f0c2b9d8e7f6a5b4c3d2e1f0a9b8c", nameof(CredentialFormat.SignedContent))]
    [InlineData("session", "eyJfZnJlc2giOmZhbHNlfQ.ZT5w1A.5a1f0c2b9d8e7f6a5b4c3d2e1f0", nameof(CredentialFormat.SignedContent))]
    [InlineData("seal", "Fe26.2**0cdd607945dd1dffb7da0b0bf5f1a7daa6218cbae14cac51dcbd91fb077aeb5b*aOZLCKLhCt0D5IU1qLTtYw", nameof(CredentialFormat.Sealed))]
    [InlineData("link", "/download/7?expires=1&sig=ab12", nameof(CredentialFormat.SignedLink))]
    [InlineData("sid", "5a1f0c2b9d8e7f6a5b4c3d2e1f0a9b8c", nameof(CredentialFormat.SessionId))]
    [InlineData("auth", "5a1f0c2b9d8e7f6a5b4c3d2e1f0a9b8c", nameof(CredentialFormat.Opaque))]
    [InlineData("theme", "dark", nameof(CredentialFormat.Opaque))]
    [InlineData("name", "kx81mz0qpa7b", nameof(CredentialFormat.Opaque))]
    public void A_credential_is_known_by_its_name_and_form(string name, string value, string expected) =>
        Assert.Equal(expected, $"{CredentialReader.FormatOf(name, value, Unique)}");

    [Fact]
    public void Readable_content_with_a_companion_signature_is_signed() =>
        Assert.Equal(CredentialFormat.SignedContent, CredentialReader.FormatOf("session", "eyJjYXJ0IjpbImEiXX0=", Unique, isSigned: true));
}
