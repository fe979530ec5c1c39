using System.Net;
using System.Net.Security;

namespace Holdfast;

/// <summary>Where a node listens, who may use it, and how much one client may cost.</summary>
public sealed record StateNodeOptions
{
    private const long LargestMaxQueuedBytesPerClient = 256L << 20;

    /// <summary>The most clients at a time unless <see cref="MaxClients"/> says otherwise. 10,000.</summary>
    public const int DefaultMaxClients = 10_000;

    /// <summary>The most bytes that may wait for a client unless <see cref="MaxQueuedBytesPerClient"/> says otherwise. 64 MiB.</summary>
    public const long DefaultMaxQueuedBytesPerClient = 64L << 20;

    /// <summary>How long a client that is waited for may take nothing unless <see cref="StallTimeout"/> says otherwise. 10 s.</summary>
    public static readonly TimeSpan DefaultStallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The most bytes of a client's commands under way unless <see cref="MaxPendingBytesPerClient"/> says otherwise. 16 MiB.</summary>
    public const long DefaultMaxPendingBytesPerClient = 16L << 20;

    /// <summary>How long a client may take to authenticate unless <see cref="AuthenticationTimeout"/> says otherwise. 10 s.</summary>
    public static readonly TimeSpan DefaultAuthenticationTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The most keys that a client is told of unless <see cref="MaxTrackedKeysPerClient"/> says otherwise. A million.</summary>
    public const int DefaultMaxTrackedKeysPerClient = 1_000_000;

    /// <summary>
    /// The Unix socket to listen on, made with mode 0600: only this user's processes (and root's) reach it, and they
    /// need no password. The socket that a dead node left is replaced; one that is in use, or any other file, is not.
    /// </summary>
    public string? UnixSocketPath { get; init; }

    /// <summary>
    /// The address and port to listen on; port 0 for a free one, told by <see cref="StateNode.EndPoint"/>. An address
    /// beyond loopback needs a <see cref="Password"/> and a <see cref="Certificate"/>.
    /// </summary>
    public IPEndPoint? EndPoint { get; init; }

    /// <summary>
    /// What clients of <see cref="EndPoint"/> must present (user <c>default</c>). Without one, every process of this
    /// machine can read and write the state.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>
    /// The certificate, with its private key and those between it and its root: clients of <see cref="EndPoint"/> then
    /// speak TLS 1.2 or 1.3. Null for none.
    /// </summary>
    public SslStreamCertificateContext? Certificate { get; init; }

    /// <summary>
    /// When a command such as SET, which can't say it itself, is acknowledged: once it survives loss of power
    /// (<see cref="Durability.Synced"/>, the default), or once it survives kill -9. What only moves a key's expiry is
    /// acknowledged once written.
    /// </summary>
    public Durability Durability { get; init; } = Durability.Synced;

    /// <summary>How long a client may take to agree on TLS and to authenticate, before it is disconnected. 10 s.</summary>
    public TimeSpan AuthenticationTimeout { get; init; } = DefaultAuthenticationTimeout;

    /// <summary>
    /// How long a client may be silent before it is disconnected, unless it listens to channels or waits for a reply;
    /// null, the default, for any time. At least a second.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>The most clients at a time; those beyond are told so and closed. 10,000.</summary>
    public int MaxClients { get; init; } = DefaultMaxClients;

    /// <summary>
    /// The most bytes of one reply, and of replies and pushes that wait for a client: with more, no command is run for it until
    /// it has taken some. Pushes, which wait for nobody, may come to twice as much; beyond, it is disconnected. At most 256 MiB; 64 MiB.
    /// Before a client has authenticated it is 16 KiB. With less than 26 MiB a client that follows journals may be refused a page of the largest
    /// events, and gets no further.
    /// </summary>
    public long MaxQueuedBytesPerClient { get; init; } = DefaultMaxQueuedBytesPerClient;

    /// <summary>
    /// How long a client may take nothing of what it is sent (no 64 KiB of it, if it is more) while the node waits for it to do so: because
    /// <see cref="MaxQueuedBytesPerClient"/> wait for it, or because it is leaving. Then it is disconnected. 10 s.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = DefaultStallTimeout;

    /// <summary>The most bytes of a client's commands that may be under way; beyond, no more is read from it until some have ended. 16 MiB.</summary>
    public long MaxPendingBytesPerClient { get; init; } = DefaultMaxPendingBytesPerClient;

    /// <summary>The most keys that a client's near cache is told of; beyond, it is told to forget all and starts anew. A million.</summary>
    public int MaxTrackedKeysPerClient { get; init; } = DefaultMaxTrackedKeysPerClient;

    /// <summary>Throws an exception that names every problem at once.</summary>
    internal void Validate()
    {
        var problems = new List<string>();
        if (UnixSocketPath is null && EndPoint is null)
        {
            problems.Add("UnixSocketPath or EndPoint: name at least one of them to listen on.");
        }

        if (EndPoint is { } endPoint && !IPAddress.IsLoopback(endPoint.Address) && (Password is null || Certificate is null))
        {
            problems.Add(
                $"EndPoint: {endPoint} can be reached from other machines, so it needs {Missing()}. Give what is missing, or listen on 127.0.0.1.");
        }

        if (Certificate is { TargetCertificate.HasPrivateKey: false })
        {
            problems.Add("Certificate: it has no private key; load it together with its key.");
        }

        if (Durability is not (Durability.Written or Durability.Synced))
        {
            problems.Add($"Durability: Written or Synced, not {Durability}.");
        }

        if (AuthenticationTimeout <= TimeSpan.Zero)
        {
            problems.Add($"AuthenticationTimeout: more than no time, not {AuthenticationTimeout}.");
        }

        if (StallTimeout <= TimeSpan.Zero)
        {
            problems.Add($"StallTimeout: more than no time, not {StallTimeout}.");
        }

        if (MaxQueuedBytesPerClient > LargestMaxQueuedBytesPerClient)
        {
            problems.Add($"MaxQueuedBytesPerClient: at most {LargestMaxQueuedBytesPerClient}, not {MaxQueuedBytesPerClient}.");
        }

        if (IdleTimeout < TimeSpan.FromSeconds(1))
        {
            problems.Add($"IdleTimeout: at least one second, or null for any time, not {IdleTimeout}.");
        }

        if (Password is { Length: 0 or > 4096 })
        {
            problems.Add("Password: 1 to 4096 characters; leave it null for none.");
        }

        RequirePositive(MaxClients, nameof(MaxClients));
        RequirePositive(MaxQueuedBytesPerClient, nameof(MaxQueuedBytesPerClient));
        RequirePositive(MaxPendingBytesPerClient, nameof(MaxPendingBytesPerClient));
        RequirePositive(MaxTrackedKeysPerClient, nameof(MaxTrackedKeysPerClient));
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems));
        }

        string Missing() =>
            Password is not null ? "a Certificate, for TLS" : Certificate is not null ? "a Password" : "a Password and a Certificate, for TLS";

        void RequirePositive(long value, string name)
        {
            if (value < 1)
            {
                problems.Add($"{name}: at least 1, not {value}.");
            }
        }
    }
}
