using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore;

/// <summary>
/// How endpoints treat the header <c>Idempotency-Key</c>. Those of <see cref="HoldfastOptions.Idempotency"/> are every endpoint's; <c>WithIdempotency</c>
/// and <see cref="IdempotentAttribute"/> change single ones. Checked when the endpoints are built, every problem told at once.
/// </summary>
public sealed record IdempotencyOptions
{
    /// <summary>The largest request body, unless <see cref="MaxRequestBytes"/> says otherwise. 1 MiB.</summary>
    public const int DefaultMaxRequestBytes = 1 << 20;

    /// <summary>The largest response, unless <see cref="MaxResponseBytes"/> says otherwise. 64 KiB.</summary>
    public const int DefaultMaxResponseBytes = 64 << 10;

    /// <summary>How long a key is remembered, unless <see cref="Window"/> says otherwise. 24 h.</summary>
    public static readonly TimeSpan DefaultWindow = TimeSpan.FromHours(24);

    /// <summary>How long a crash holds a key up, unless <see cref="ClaimLifetime"/> says otherwise. 10 s.</summary>
    public static readonly TimeSpan DefaultClaimLifetime = TimeSpan.FromSeconds(10);

    /// <summary>Whether a request without a key is refused with 400. True; otherwise such a request runs like any other.</summary>
    public bool Required { get; init; } = true;

    /// <summary>
    /// Whether a key may stand without the quotes that a structured field (RFC 9651) has around a string, as many clients send it: visible ASCII
    /// without <c>"</c>, <c>\</c>, <c>,</c> and <c>;</c>. It is the same key with and without. False.
    /// </summary>
    public bool AcceptUnquotedKeys { get; init; }

    /// <summary>The largest request body, in bytes, up to 1 GiB; 1 MiB. A larger one is refused with 413. Beyond 32 KiB it waits on disk.</summary>
    public int MaxRequestBytes { get; init; } = DefaultMaxRequestBytes;

    /// <summary>
    /// The largest response that is stored, headers included, in bytes, up to 512 KiB; 64 KiB. A larger one is answered 500, and nothing is committed.
    /// The whole response waits in memory until the commit is made, whatever the handler flushes.
    /// </summary>
    public int MaxResponseBytes { get; init; } = DefaultMaxResponseBytes;

    /// <summary>For how long after the response the key is remembered. From 1 min to 24 h, the default.</summary>
    public TimeSpan Window { get; init; } = DefaultWindow;

    /// <summary>
    /// After a crash a repetition may run the request again once this has passed. From 1 s to 10 min; 10 s. A running request prolongs its claim every
    /// third of this.
    /// </summary>
    public TimeSpan ClaimLifetime { get; init; } = DefaultClaimLifetime;

    /// <summary>The request headers that a repetition must repeat, besides method, path, query and body. <c>Content-Type</c>.</summary>
    public IReadOnlyList<string> FingerprintHeaders { get; init; } = ["Content-Type"];

    /// <summary>
    /// Who sends the request, as the affinity of that one's records: the claim then stands in their partition and joins their changes
    /// in one commit. Different principals must have different ones. Null, or a function that returns null: the signed-in user's id (<c>NameIdentifier</c>,
    /// <c>sub</c>, else the name), escaped; otherwise the session.
    /// </summary>
    public Func<HttpContext, string?>? Affinity { get; init; }
}
