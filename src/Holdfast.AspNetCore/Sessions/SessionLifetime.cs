namespace Holdfast.AspNetCore.Sessions;

/// <summary>When sessions end: so long after their last request, but never later than so long after their creation.</summary>
internal sealed class SessionLifetime(TimeSpan idle, TimeSpan absolute, TimeProvider clock)
{
    /// <summary>A touch is worth a write when it moves the expiry by a tenth of the idle timeout.</summary>
    public TimeSpan WorthTouching { get; } = idle / 10;

    /// <summary>How long a session of that age lasts from this moment without another request; not positive when it is over.</summary>
    public TimeSpan LeftFrom(DateTimeOffset created)
    {
        var left = created + absolute - clock.GetUtcNow();
        return left < idle ? left : idle;
    }

    /// <summary>Whether the record is a session that is not over.</summary>
    public bool IsAlive(Record record) => SessionFields.CreatedOf(record) is { } created && LeftFrom(created) > TimeSpan.Zero;

    /// <summary>Whether the session that a client holds is not over.</summary>
    public bool IsAlive(HeldSession session) =>
        LeftFrom(session.Created) > TimeSpan.Zero && DateTimeOffset.FromUnixTimeSeconds(session.TouchedSeconds) + idle > clock.GetUtcNow();

    /// <summary>Whether the session that a client holds is worth sending again, for its idle timeout to slide; also if the clock was set back since it was sent.</summary>
    public bool IsTouchDue(HeldSession session) =>
        (clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(session.TouchedSeconds)).Duration() > WorthTouching;

    /// <summary>The expiry to give a session of that age, within what a store takes.</summary>
    public TimeSpan Expiry(DateTimeOffset created)
    {
        var left = LeftFrom(created);
        return left > StateLimits.MinTimeToLive ? left : StateLimits.MinTimeToLive;
    }

    /// <summary>Whether moving the record's expiry to where it belongs is worth a write.</summary>
    public bool IsTouchDue(Record record) =>
        SessionFields.CreatedOf(record) is { } created
        && record.TimeToLive(clock) is { } left
        && Expiry(created) - left > WorthTouching;
}
