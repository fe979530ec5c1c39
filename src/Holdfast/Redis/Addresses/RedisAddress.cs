namespace Holdfast.Redis;

/// <summary>
/// Where a store is and who asks, as a connection string tells it: a URL (<see cref="RedisUrl"/>), or what
/// StackExchange.Redis takes (<see cref="StackExchangeText"/>).
/// </summary>
internal sealed record RedisAddress
{
    public const string DefaultUser = "default";

    /// <summary>The servers to begin with: the store's, any of a cluster's, or the sentinels.</summary>
    public required IReadOnlyList<RedisPlace> Places { get; init; }

    public string User { get; init; } = DefaultUser;

    public string? Password { get; init; }

    public int Database { get; init; }

    /// <summary>Null when the way is not encrypted.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>The name under which sentinels know the store; null when the places are the store's own.</summary>
    public string? ServiceName { get; init; }

    /// <summary>Who asks the sentinels; the store's user unless told.</summary>
    public string? SentinelUser { get; init; }

    public string? SentinelPassword { get; init; }

    public bool IsTls => Tls is not null;

    /// <summary>The first place, which is the only one once it is known which server is meant.</summary>
    public RedisPlace Place => Places[0];

    /// <summary>The places, for messages. Never the user or the password.</summary>
    public override string ToString() => string.Join(',', Places) + (ServiceName is null ? "" : $" ({ServiceName})");

    /// <summary>One server, asked by the same user in the same way.</summary>
    public RedisAddress At(RedisPlace place) => this with { Places = [place], ServiceName = null };

    /// <summary>One of the sentinels. Who has told no user for them is known to them as to the store.</summary>
    public RedisAddress AtSentinel(RedisPlace place) => At(place) with
    {
        User = SentinelPassword is null ? User : SentinelUser ?? DefaultUser,
        Password = SentinelPassword ?? Password,
        Database = 0,
    };

    /// <summary>Whether the text begins like one of the forms.</summary>
    public static bool IsOne(string text) => RedisUrl.SchemeOf(text) is not null || StackExchangeText.IsOne(text);

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It has none of the forms; the message does not repeat it, as it may hold a password.</exception>
    public static RedisAddress Parse(string text) => StackExchangeText.IsOne(text) ? StackExchangeText.Parse(text) : RedisUrl.Parse(text);

    public static ArgumentException Malformed(string problem) =>
        new($"The connection string can't be read: {problem}. The forms are redis://[user:password@]host[:port][,host…][/db][?ca=FILE&cert=FILE&key=FILE&host=NAME], "
            + "rediss://… for TLS, redis+sentinel://[user:password@]host[:port],…/NAME[/db] (rediss+sentinel:// for TLS) and "
            + "redis+unix://[[user]:password@]/path/to/socket, with user and password percent-encoded; "
            + "or host:port,host:port,password=…,ssl=true as StackExchange.Redis takes it.");
}
