namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// The mark that a renewal leaves in place of the old session, in the same commit. A request that still comes with the old cookie
/// was sent before the client had the new one. It is nobody's; but a session made for it would take the new cookie's place in the
/// client, so while the mark is there none is made, and the request is to be repeated. It grants nothing, and holds nothing.
/// </summary>
internal static class SessionRenewal
{
    /// <summary>How long a response and the requests that cross it may be on their way.</summary>
    public static readonly TimeSpan Crossing = TimeSpan.FromSeconds(5);

    private const string Kind = "session-renewed";

    /// <summary>Leaves the mark.</summary>
    public static RecordChange Mark(SessionReference old) => RecordChange.Update(Of(old)).Set("renewed", "1").ExpireAfter(Crossing);

    /// <summary>Holds if the session that is gone was not renewed just now.</summary>
    public static RecordChange NotJustNow(SessionReference gone) => RecordChange.Keep(Of(gone)).When(Condition.Absent);

    private static Address Of(SessionReference session) => new(Kind, session.Id);
}
