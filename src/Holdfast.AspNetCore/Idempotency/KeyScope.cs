using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Holdfast.AspNetCore.Logins;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Whose keys these are. A key is looked up together with its principal, so that nobody's key can meet another's: the signed-in user, else
/// the session that the client came with, else nobody, whom all clients without a session are.
/// </summary>
/// <param name="userId">The id of a principal's user.</param>
/// <param name="affinity">The application's own answer, if it has one.</param>
internal sealed class KeyScope(Func<ClaimsPrincipal, string?> userId, Func<HttpContext, string?>? affinity)
{
    /// <summary>Where the records of this client's key stand.</summary>
    /// <exception cref="InvalidOperationException">Nothing tells the signed-in user from others, or the application's affinity is none.</exception>
    /// <exception cref="StateException">The client's session could not be read.</exception>
    public async ValueTask<KeyPlace> FindAsync(HttpContext context, RequestState state, string key)
    {
        var mark = Hash("mark", key);
        if (state.ArrivedSession is not null)
        {
            await state.Session.ReadAsync(context.RequestAborted);

            // A client that has the session that its first request made has seen that response, or a part of it, and is another principal by now.
            if (KeyPlace.OfSession(state.Session.Origin, mark, state.Engine.Partitions) is { } first)
            {
                return first;
            }

            // Nor is one whose session that request ended: it has not heard of it.
            if (state.Session.GoneId is { } gone && await KeyForwarding.FindAsync(state, gone, mark, context.RequestAborted) is { } moved)
            {
                return moved;
            }
        }

        return Place(context, state, key, mark);
    }

    private KeyPlace Place(HttpContext context, RequestState state, string key, string mark)
    {
        if (affinity?.Invoke(context) is { } chosen)
        {
            return Place(state, Checked(chosen), Hash("chosen", chosen, key), mark);
        }

        if (context.User.Identity is { IsAuthenticated: true } identity)
        {
            var user = UserOf(context.User);
            var issuer = context.User.Claims.FirstOrDefault(claim => claim.Value == user)?.Issuer ?? "";
            return Place(state, UserAffinity.Of(user), Hash("user", identity.AuthenticationType ?? "", issuer, user, key), mark);
        }

        if (state.Login.Current is { } login)
        {
            return Place(state, UserAffinity.Of(login.User), Hash("login", login.User, key), mark);
        }

        return state.ArrivedSession is { } session
            ? Place(state, session.Id, Hash("session", session.Id, key), mark) with { IsOfSession = true }
            : Place(state, null, Hash("nobody", key), mark);
    }

    private string UserOf(ClaimsPrincipal principal) =>
        userId(principal) is { Length: > 0 } user
            ? user
            : throw new InvalidOperationException(
                "Nothing tells the signed-in user from others: HoldfastOptions.UserId found no NameIdentifier, no sub and no name. Give it a function that does, or IdempotencyOptions.Affinity.");

    /// <summary>Without an affinity the hash itself decides the partition.</summary>
    private static KeyPlace Place(RequestState state, string? affinity, string hash, string mark)
    {
        var partitions = state.Engine.Partitions;
        var partition = partitions.PartitionOf(affinity ?? hash);
        return new KeyPlace(partition, partitions.Pin(partition, hash), mark);
    }

    /// <summary>SHA-256 of the parts, each preceded by its length, in base64url.</summary>
    public static string Hash(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Base64Url.EncodeToString(hash.GetHashAndReset());
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
