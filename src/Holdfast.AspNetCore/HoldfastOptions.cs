using System.Security.Claims;

namespace Holdfast.AspNetCore;

/// <summary>What <c>AddHoldfast</c> takes. Everything is checked when the host starts, and every problem is told at once.</summary>
public sealed class HoldfastOptions
{
    /// <summary>How long a session lasts without a request, unless <see cref="SessionIdleTimeout"/> says otherwise. 20 min.</summary>
    public static readonly TimeSpan DefaultSessionIdleTimeout = TimeSpan.FromMinutes(20);

    /// <summary>How long a session lasts at most, unless <see cref="SessionAbsoluteTimeout"/> says otherwise. 12 h.</summary>
    public static readonly TimeSpan DefaultSessionAbsoluteTimeout = TimeSpan.FromHours(12);

    /// <summary>How long a sign-in whose ticket slides lasts at most, unless <see cref="SignInAbsoluteTimeout"/> says otherwise. 30 days.</summary>
    public static readonly TimeSpan DefaultSignInAbsoluteTimeout = TimeSpan.FromDays(30);

    /// <summary>How many signed-in sessions a user may have, unless <see cref="MaxSessionsPerUser"/> says otherwise. 100.</summary>
    public const int DefaultMaxSessionsPerUser = 100;

    /// <summary>How many bytes of a response wait for the request's commit, unless <see cref="ResponseBufferBytes"/> says otherwise. 64 KiB.</summary>
    public const int DefaultResponseBufferBytes = 64 << 10;

    /// <summary>How many bytes the keys of idempotent requests may take, unless <see cref="MaxIdempotencyBytes"/> says otherwise. 1 GiB.</summary>
    public const long DefaultMaxIdempotencyBytes = 1L << 30;

    /// <summary>How large a session in a cookie may be, unless <see cref="CookieSessionMaxBytes"/> says otherwise. 2,048 bytes.</summary>
    public const int DefaultCookieSessionMaxBytes = 2048;

    /// <summary>The cookie's name, unless <see cref="CookieName"/> says otherwise.</summary>
    public const string DefaultCookieName = "Holdfast";

    /// <summary>
    /// The store: <c>embedded:PATH</c>, <c>redis://…</c> and the other forms of a connection string. By default the
    /// configuration's <c>HOLDFAST_STATE</c> or <c>Holdfast:State</c>; without either the embedded engine runs in this
    /// process, in <c>.holdfast/state</c> of the content root, and one log line says so.
    /// </summary>
    public string? State { get; set; }

    /// <summary>What the engine takes besides: clock, limits of the near cache, deadlines. Its log goes to the host's.</summary>
    public StateEngineOptions Engine { get; set; } = new();

    /// <summary>
    /// A session ends this long after its last request. From 1 min to <see cref="SessionAbsoluteTimeout"/>; 20 min. Sliding it is a
    /// write of its own only when a tenth of it has passed, so a session may end a tenth early.
    /// </summary>
    public TimeSpan SessionIdleTimeout { get; set; } = DefaultSessionIdleTimeout;

    /// <summary>A session ends this long after its creation, whatever its use. Up to 365 days; 12 h. A renewed session keeps its age.</summary>
    public TimeSpan SessionAbsoluteTimeout { get; set; } = DefaultSessionAbsoluteTimeout;

    /// <summary>
    /// A sign-in by cookie authentication ends this long after it was made, however often its ticket slides. One that does not slide, or was given a
    /// later expiry, lasts as its ticket says. From 1 min to 365 days; 30 days.
    /// </summary>
    public TimeSpan SignInAbsoluteTimeout { get; set; } = DefaultSignInAbsoluteTimeout;

    /// <summary>How many signed-in sessions a user may have at a time; see <see cref="SessionLimitRule"/>. From 1 to 500; 100.</summary>
    public int MaxSessionsPerUser { get; set; } = DefaultMaxSessionsPerUser;

    /// <summary>What happens when a user who has <see cref="MaxSessionsPerUser"/> signs in once more: the oldest is ended.</summary>
    public SessionLimitRule SessionLimitRule { get; set; }

    /// <summary>
    /// Whether it is told in the journal that sessions are created, end and expire, for <see cref="global::Holdfast.AspNetCore.SessionEvents"/>. False: a small record and an event more for each
    /// session, in the commits that are made anyway.
    /// </summary>
    public bool SessionEvents { get; set; }

    /// <summary>
    /// The id of the user whom cookie authentication signs in: the claim <see cref="ClaimTypes.NameIdentifier"/>, else <c>sub</c>, else
    /// <see cref="ClaimTypes.Name"/>. Null for one whose sign-ins are not to be listed or ended by user.
    /// </summary>
    public Func<ClaimsPrincipal, string?> UserId { get; set; } = static principal =>
        (principal.FindFirst(ClaimTypes.NameIdentifier) ?? principal.FindFirst("sub") ?? principal.FindFirst(ClaimTypes.Name))?.Value;

    /// <summary>
    /// What happens when a key that a request has read and then sets is changed by a parallel request of the session:
    /// <see cref="SessionConcurrency.Merge"/>. Endpoints can say otherwise by <c>WithSessionConcurrency</c> or <see cref="SessionConcurrencyAttribute"/>.
    /// </summary>
    public SessionConcurrency SessionConcurrency { get; set; }

    /// <summary>
    /// How a client tells which session is its own: <see cref="SessionTransport.Cookie"/>. Endpoints can say otherwise by <c>WithSessionTransport</c>
    /// or <see cref="SessionTransportAttribute"/>; a client has one session by cookie and another by header.
    /// </summary>
    public SessionTransport SessionTransport { get; set; }

    /// <summary>
    /// Where sessions live: <see cref="SessionStorage.Store"/>. Choose <see cref="SessionStorage.Cookie"/> once all instances run a release that knows it. Either way
    /// sessions are read from where they are.
    /// </summary>
    public SessionStorage SessionStorage { get; set; }

    /// <summary>How large a session in a cookie may be, in bytes of its keys, its values and about 70 more; a larger one moves to the store. From 100 to 2,940; 2,048.</summary>
    public int CookieSessionMaxBytes { get; set; } = DefaultCookieSessionMaxBytes;

    /// <summary>
    /// The certificates under which the data-protection keys in the store are encrypted: the first encrypts new keys, and all of them open
    /// what they encrypted. By default those of the configuration, <c>Holdfast:KeyCertificates:0:Path</c> and so on; without any, keys
    /// are not encrypted, and a log line says so.
    /// </summary>
    public IList<KeyCertificate> KeyCertificates { get; } = [];

    /// <summary>
    /// The cookies' name: <c>.NAME</c>, and <c>__Host-NAME</c> over HTTPS; the headers' is <c>NAME-Session</c>. 1 to 64 letters, digits, <c>.</c>, <c>_</c> or <c>-</c>;
    /// <c>Holdfast</c>. Applications of several stores on one host, whatever their ports, share cookies: give each its own name.
    /// </summary>
    public string CookieName { get; set; } = DefaultCookieName;

    /// <summary>
    /// How many bytes of a response's body wait in memory until the request's commit is made. A longer body makes the
    /// commit early, and then passes through. From 0 to 16 MiB; 64 KiB.
    /// </summary>
    public int ResponseBufferBytes { get; set; } = DefaultResponseBufferBytes;

    /// <summary>How endpoints that are idempotent treat the header <c>Idempotency-Key</c>, unless they say otherwise.</summary>
    public IdempotencyOptions Idempotency { get; set; } = new();

    /// <summary>
    /// How many bytes the keys of idempotent requests may take in the store, with their responses, and with what is reserved for those that run. From 32 MiB; 1 GiB. Half of it is divided evenly among the partitions, and the
    /// other half is for whichever need more. When both are used up, new keys are answered 503 until old ones expire.
    /// </summary>
    public long MaxIdempotencyBytes { get; set; } = DefaultMaxIdempotencyBytes;

    /// <summary>
    /// Whether a request whose client carries a stamp that the store has forgotten (it was restored from a backup,
    /// or failed over to a replica that lagged) is answered 503, once, instead of served from what is left. Commits
    /// that were made are answered. Either way the loss is logged and counted. False.
    /// </summary>
    public bool RefuseLostState { get; set; }
}
