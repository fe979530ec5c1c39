using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Holdfast.AspNetCore.Logins;

/// <summary>
/// The affinity of a user: <see cref="Address.Escape"/> of the id, so that the application's records of the user can share it. An id
/// that doesn't fit so (too long, or no well-formed UTF-16) is hashed; escaped ids have no <c>:</c>, so the two never meet.
/// </summary>
internal static class UserAffinity
{
    private const string HashMark = "sha256:";

    public static string Of(string userId)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        if (userId.Length <= Address.MaxPartLength && IsWellFormed(userId))
        {
            var escaped = Address.Escape(userId);
            if (escaped.Length <= Address.MaxPartLength)
            {
                return escaped;
            }
        }

        return HashMark + Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(userId.AsSpan())));
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }
}
