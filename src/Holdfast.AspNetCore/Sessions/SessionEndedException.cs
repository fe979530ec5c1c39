namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// The session that the request was about to change has ended meanwhile: signed out, renewed or expired. Its changes
/// have no place to go, so the request fails, and when it is repeated it finds the session's successor or a new one.
/// </summary>
internal sealed class SessionEndedException()
    : StateException("The session ended while the request that changes it was running.")
{
    public override bool IsTransient => true;
}
