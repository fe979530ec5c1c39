using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Node;

/// <summary>The node's password, kept as its hash and compared in constant time.</summary>
internal sealed class NodePassword(string? password)
{
    public const string Refusal = "WRONGPASS invalid username-password pair or user is disabled.";

    private readonly byte[]? hash = password is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(password));

    public bool IsRequired => hash is not null;

    /// <summary>Whether this user, of whom there is one, has this password; any, where none is required.</summary>
    public bool Admits(ReadOnlySpan<byte> user, ReadOnlySpan<byte> given)
    {
        Span<byte> hashOfGiven = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(given, hashOfGiven);
        var isRight = hash is null || CryptographicOperations.FixedTimeEquals(hash, hashOfGiven);
        return user.SequenceEqual("default"u8) && isRight;
    }
}
