namespace Holdfast.AspNetCore;

/// <summary>One of a user's signed-in sessions, as the user may see it. Nothing in it signs anybody in.</summary>
public sealed record SignedInSession
{
    /// <summary>Names it among the user's: to end it, and to tell whether it is the one that asks (<see cref="RequestState.SignInId"/>).</summary>
    public required string Id { get; init; }

    /// <summary>When the user signed in.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>
    /// When it was last used, up to a tenth of the idle timeout later than this; null when its session has expired meanwhile, and only its
    /// ticket still signs the user in. It is told by when the session will expire: so from one idle timeout ahead of the absolute one on, which no use moves, it stands
    /// still. With an idle timeout as long as the absolute one, it always is <see cref="Created"/>.
    /// </summary>
    public required DateTimeOffset? LastSeen { get; init; }

    /// <summary>When it ends, whatever its use.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>What it was signed in with, for people: <c>Firefox on Windows</c>.</summary>
    public required string Device { get; init; }

    /// <summary>What the browser said of itself at sign-in, its first 256 characters. Written by the client: it may say anything.</summary>
    public required string? UserAgent { get; init; }

    /// <summary>The network address from which the user signed in.</summary>
    public required string? NetworkAddress { get; init; }

    /// <summary>The authentication scheme that signed in; null when that was <see cref="RequestState.SignInAsync"/>.</summary>
    public required string? Scheme { get; init; }
}
