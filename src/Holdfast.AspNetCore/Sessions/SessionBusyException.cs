namespace Holdfast.AspNetCore.Sessions;

/// <summary>The request did not get its session's turn in time, or held it up for so long that another has got it. It wrote nothing.</summary>
internal sealed class SessionBusyException()
    : StateException("Other requests of this session are running, and this one did not get its turn at the session, or has lost it.")
{
    public override bool IsTransient => true;
}
