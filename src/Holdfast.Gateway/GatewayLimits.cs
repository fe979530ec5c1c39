namespace Holdfast.Gateway;

/// <summary>The bounds that every gateway keeps.</summary>
public static class GatewayLimits
{
    /// <summary>How long a request waits, all told, for an instance that takes it. 5 s; then 503.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    /// <summary>How long an instance may take to accept a connection. 2 s.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a request or response may go without a byte in either direction. 100 s; then 504, or a cut response.</summary>
    public static readonly TimeSpan ActivityTimeout = TimeSpan.FromSeconds(100);

    /// <summary>
    /// How long a connection to an instance may idle before it is not used again. 4 s: less than the 5 s after which
    /// Node closes it, so that a request seldom meets a connection that is being closed.
    /// </summary>
    public static readonly TimeSpan IdleConnectionTimeout = TimeSpan.FromSeconds(4);

    /// <summary>How often an instance's health path is asked. 1 s; every 250 ms while the instance is out.</summary>
    public static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the health path may take to answer. 2 s.</summary>
    public static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long requests in flight may take to finish once the gateway is told to stop. 10 s; then they are cut.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Failed health answers in a row that take an instance out. A refused connection does so at once.</summary>
    public const int HealthFailures = 2;

    /// <summary>How often a request is sent to instances that may have acted on it.</summary>
    public const int MaxSendings = 3;

    /// <summary>Largest part of a request's body that is kept to send it again. 256 KiB; a request that was sent more of is not repeated.</summary>
    public const int MaxReplayBytes = 256 << 10;

    /// <summary>Repeated sendings as a share of requests, over time.</summary>
    public const double RetryShare = 0.2;

    /// <summary>Repeated sendings that are allowed besides <see cref="RetryShare"/>, per second and service.</summary>
    public const int RetryFloorPerSecond = 10;

    /// <summary>Most repeated sendings of a service at one moment: what an instance that dies under load leaves behind.</summary>
    public const int RetryBurst = 500;
}
