using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Whose keys these are. A key is looked up together with its principal, so that nobody's key can meet another's: the signed-in user, else
/// the session that the client came with, else nobody, whom all clients without a session are.
/// </summary>
internal static class KeyScope
{
    /// <summary>Where the records of this client's key stand.</summary>
    /// <exception cref="InvalidOperationException">Nothing tells the signed-in user from others, or the application's affinity is none.</exception>
    public static KeyPlace PlaceOf(HttpContext context, RequestState state, IdempotencyOptions options, string key)
    {
        if (options.Affinity?.Invoke(context) is { } chosen)
        {
            return Place(state, Checked(chosen), "chosen", chosen, key);
        }

        if (context.User.Identity is { IsAuthenticated: true } identity)
        {
            return UserPlace(context.User, identity.AuthenticationType ?? "", state, key);
        }

        return state.ArrivedSession is { } session
            ? Place(state, session.Id, "session", session.Id, key)
            : Place(state, affinity: null, "nobody", "", key);
    }

    private static KeyPlace UserPlace(ClaimsPrincipal user, string scheme, RequestState state, string key)
    {
        var claim = user.FindFirst(ClaimTypes.NameIdentifier) ?? user.FindFirst("sub");
        var id = claim?.Value ?? user.Identity!.Name;
        if (string.IsNullOrEmpty(id))
        {
            throw new InvalidOperationException(
                "Nothing tells the signed-in user from others: there is no NameIdentifier, no sub and no name. Give IdempotencyOptions.Affinity a function that does.");
        }

        var escaped = Address.Escape(id);
        var affinity = escaped.Length <= Address.MaxPartLength ? escaped : Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
        return Place(state, affinity, "user", $"{scheme}\n{claim?.Issuer}\n{id}", key);
    }

    /// <summary>Without an affinity the key's own hash decides the partition.</summary>
    private static KeyPlace Place(RequestState state, string? affinity, string kind, string principal, string key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, kind);
        Add(hash, principal);
        Add(hash, key);
        var name = Base64Url.EncodeToString(hash.GetHashAndReset());
        var partitions = state.Engine.Partitions;
        var partition = partitions.PartitionOf(affinity ?? name);
        return new KeyPlace(partition, partitions.Pin(partition, name));
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private static string Checked(string affinity)
    {
        try
        {
            return new Address("x", affinity).Affinity;
        }
        catch (ArgumentException fault)
        {
            throw new InvalidOperationException($"IdempotencyOptions.Affinity returned no affinity: {fault.Message}", fault);
        }
    }
}
