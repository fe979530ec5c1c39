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

    /// <summary>How long a request stays with an instance that has gone silent, if it can't be given to another one. 10 s; then 504.</summary>
    public static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a repeated request waits for the key that its first sending holds. 15 s: an instance that dies frees its
    /// keys within ten.
    /// </summary>
    public static readonly TimeSpan MaxKeyWait = TimeSpan.FromSeconds(15);

    /// <summary>How long either side of a WebSocket may take to answer the Close that it got. 5 s; then it is cut.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a connection to an instance may idle before it is not used again. 4 s: less than the 5 s after which
    /// Node closes it, so that a request seldom meets a connection that is being closed.
    /// </summary>
    public static readonly TimeSpan IdleConnectionTimeout = TimeSpan.FromSeconds(4);

    /// <summary>How often an instance's health path is asked. 1 s; every 250 ms while the instance is out.</summary>
    public static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the health path may take to answer. 2 s.</summary>
    public static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A gateway that ends closes an HTTP/1.1 connection on which nothing has come for so long: its client hardly comes back in this very moment. 4 s.</summary>
    public static readonly TimeSpan UnusedTime = TimeSpan.FromSeconds(4);

    /// <summary>How often a gateway that ends looks for such connections. 50 ms.</summary>
    public static readonly TimeSpan FarewellPace = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest time for which a gateway that ends keeps idle connections. 5 s, half of the time for the whole drain at most.</summary>
    public static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    /// <summary>How long connections that the kernel has taken may wait to be accepted by a gateway that ends. 100 ms.</summary>
    public static readonly TimeSpan LastConnectionsTime = TimeSpan.FromMilliseconds(100);

    /// <summary>How long requests in flight may take to finish once the gateway is told to stop, unless it was told another time. 10 s; then they are cut.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a request waits in line for a service that has as many as it can do. 500 ms at the service's pace, one second at most; then
    /// 503, or its turn if there are few (<see cref="SmallCrowd"/>).
    /// </summary>
    public static readonly TimeSpan MaxQueueTime = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a line of more than <see cref="SmallCrowd"/> may go without coming to rest before it counts as overload and is kept short. 400 ms.</summary>
    public static readonly TimeSpan LongestBurst = TimeSpan.FromMilliseconds(400);

    /// <summary>How often the log tells how many warnings there were of a kind that it has told of. 10 s.</summary>
    public static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(10);

    /// <summary>How long an instance is left alone when it fails requests that others don't. 5 s, doubled each time in a row.</summary>
    public static readonly TimeSpan FirstEjection = TimeSpan.FromSeconds(5);

    /// <summary>How long an instance is left alone at most. 60 s; as long without an ejection, and the next one is short again.</summary>
    public static readonly TimeSpan LongestEjection = TimeSpan.FromSeconds(60);

    /// <summary>Over how long an instance that was left alone comes back to its whole share. 10 s.</summary>
    public static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(10);

    /// <summary>Failed requests within ten seconds, and half of all, for which an instance may be left alone.</summary>
    public const int EjectionFailures = 5;

    /// <summary>Requests of a route that failed, and none answered within the last ten to twenty seconds, for which its breaker opens. 20.</summary>
    public const int BreakerFailures = 20;

    /// <summary>For how long that must have been so. 2 s: what one instance takes with it when it dies fails in a moment.</summary>
    public static readonly TimeSpan BreakerTime = TimeSpan.FromSeconds(2);

    /// <summary>How often a request is let through while a breaker is open. Each 250 ms.</summary>
    public static readonly TimeSpan BreakerProbeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Requests of a service that may wait in line. 1,024.</summary>
    public const int MaxQueue = 1024;

    /// <summary>
    /// Requests of a service, at work and in line, of which none is turned away unless there were more shortly before. 64, or
    /// <see cref="SmallCrowdPerInstance"/> for each instance if that is more.
    /// </summary>
    /// <remarks>
    /// Clients that each wait for their answer do not become more, and a service that is slow for a moment, as when instances die and start, soon works off
    /// so few. An overload becomes more, and is known by that.
    /// </remarks>
    public const int SmallCrowd = 64;

    /// <summary>What each registered instance adds to a crowd that is small. 16.</summary>
    public const int SmallCrowdPerInstance = 16;

    /// <summary>Failed health answers in a row that take an instance out. A refused connection does so at once.</summary>
    public const int HealthFailures = 2;

    /// <summary>How often a request is sent to instances that may have acted on it.</summary>
    public const int MaxSendings = 3;

    /// <summary>Largest part of a request's body that is kept in memory to send it again. 64 KiB; beyond that it goes to a file.</summary>
    public const int MaxReplayMemoryBytes = 64 << 10;

    /// <summary>Largest part of a request's body that is kept to send it again. 16 MiB; a request that was sent more of is not repeated.</summary>
    public const int MaxReplayBytes = 16 << 20;

    /// <summary>
    /// Largest sum of what one gateway keeps of bodies in files, to send them again. 1 GiB; a request that finds no room is not repeated.
    /// </summary>
    public const long MaxReplayFileBytes = 1L << 30;

    /// <summary>Repeated sendings as a share of requests, over time.</summary>
    public const double RetryShare = 0.2;

    /// <summary>Repeated sendings that are allowed besides <see cref="RetryShare"/>, per second and service.</summary>
    public const int RetryFloorPerSecond = 10;

    /// <summary>Most repeated sendings of a service at one moment: what an instance that dies under load leaves behind.</summary>
    public const int RetryBurst = 500;

    /// <summary>How long a client says nothing after a request without a body, or after it has connected, until its connection rests: the server lets go of what it has for it. 1 s.</summary>
    public static readonly TimeSpan RestAfter = TimeSpan.FromSeconds(1);

    /// <summary>The same after a request with a body, of which the server may still be reading what nobody wanted, for up to 5 s. 10 s.</summary>
    public static readonly TimeSpan RestAfterBody = TimeSpan.FromSeconds(10);

    /// <summary>How long what a client still sends is taken, and dropped, when its connection ends with an answer to something that was not read to its end. 2 s.</summary>
    public static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    /// <summary>How much of it is taken at most. 1 MiB.</summary>
    public const int LingerBytes = 1 << 20;

    /// <summary>How long a connection rests before it is closed. 129 s: with <see cref="RestAfter"/> the 130 s after which the server closes an unused one.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(129);
}
