using System.Buffers.Binary;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// Reads a session of ASP.NET Core's own middleware: its cookie, protected for the purpose <c>SessionMiddleware</c>, holds the key of a blob in the distributed cache,
/// <code>
/// version (1, it is 2), number of keys (3), id (16), and for each: length of the key (2), the key (UTF-8), length of the value (4), the value
/// </code>
/// with numbers in network order (DistributedSession.cs and CookieProtection.cs of dotnet/aspnetcore).
/// </summary>
internal sealed class StockSession(IDistributedCache cache, IDataProtectionProvider protection, string cookieName)
{
    private const byte Version = 2;
    private const int HeaderBytes = 20;

    private readonly IDataProtector protector = protection.CreateProtector("SessionMiddleware");

    public bool IsNamedBy(HttpRequest request) => request.Cookies.ContainsKey(cookieName);

    /// <summary>What the session of the key holds; null when there is none that can be read.</summary>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>?> ReadAsync(string key, CancellationToken cancellationToken) =>
        await cache.GetAsync(key, cancellationToken) is { } blob ? Parse(blob) : null;

    /// <summary>Deletes the session.</summary>
    public Task RemoveAsync(string key) => cache.RemoveAsync(key);

    /// <summary>Has the client forget its session.</summary>
    public void RemoveCookie(HttpResponse response) => response.Cookies.Delete(cookieName);

    /// <summary>The key of the client's session, 128 random bits that nobody but the client's cookie and the cache know; null when the cookie is none.</summary>
    public string? KeyOf(HttpRequest request)
    {
        try
        {
            var text = request.Cookies[cookieName] ?? "";
            return Encoding.UTF8.GetString(protector.Unprotect(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='))));
        }
        catch (Exception fault) when (fault is FormatException or System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static List<KeyValuePair<string, byte[]>>? Parse(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < HeaderBytes || blob[0] != Version)
        {
            return null;
        }

        var count = (blob[1] << 16) | (blob[2] << 8) | blob[3];
        var values = new List<KeyValuePair<string, byte[]>>();
        for (blob = blob[HeaderBytes..]; count > 0; count--)
        {
            if (!TryTake(ref blob, 2, out var key) || !TryTake(ref blob, 4, out var value))
            {
                return null;
            }

            values.Add(new(Encoding.UTF8.GetString(key), value.ToArray()));
        }

        return values;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> blob, int lengthBytes, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (blob.Length < lengthBytes)
        {
            return false;
        }

        var length = lengthBytes == 2 ? BinaryPrimitives.ReadUInt16BigEndian(blob) : BinaryPrimitives.ReadInt32BigEndian(blob);
        if (length < 0 || length > blob.Length - lengthBytes)
        {
            return false;
        }

        taken = blob.Slice(lengthBytes, length);
        blob = blob[(lengthBytes + length)..];
        return true;
    }
}
