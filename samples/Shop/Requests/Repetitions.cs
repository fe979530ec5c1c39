using System.Security.Cryptography;
using Holdfast.AspNetCore;

namespace Shop.Requests;

/// <summary>How the shop takes the header <c>Idempotency-Key</c>: whoever sends one may repeat the request, and it counts once.</summary>
internal static class Repetitions
{
    private const int AffinityBytes = 16;

    /// <summary>After a crash a repetition waits for the claim to end. Commits take milliseconds here, so it need not last.</summary>
    private static readonly TimeSpan ClaimLifetime = TimeSpan.FromSeconds(2);

    public static readonly IdempotencyOptions Options = new()
    {
        Required = false, AcceptUnquotedKeys = true, MaxRequestBytes = PostedBody.MaxBytes, ClaimLifetime = ClaimLifetime, Affinity = OfNobody,
    };

    /// <summary>
    /// Who has no session can't prove to be the same client the next time, and so could not be given the session, and the cart, that the
    /// first run made. Such a request has its key to itself, and is made anew when it is repeated.
    /// </summary>
    private static string? OfNobody(HttpContext context) =>
        context.GetState().HasSession ? null : RandomNumberGenerator.GetHexString(2 * AffinityBytes, lowercase: true);
}
