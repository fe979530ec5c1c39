using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// Slides the idle timeout of a session that the request did not change, if that is worth a write. Nothing is lost if it fails, so that
/// is not the request's failure.
/// </summary>
internal sealed class SessionTouch(StateServices services, CausalClient client, SessionCommit commit, SessionView view)
{
    /// <summary>How long a touch may hold up a response.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Moves the expiry, if that is due. A refusal tells that the session has ended.</summary>
    public async ValueTask MakeAsync(RequestSession session)
    {
        if (commit.Stored is null || !MayBeDue(session.IsLoaded))
        {
            return;
        }

        using var patience = new CancellationTokenSource(Patience, client.Engine.Options.Clock);
        try
        {
            await session.ReadAsync(patience.Token);
            if (commit.Stored is { } stored && view.Read is { } read && services.Lifetime.IsTouchDue(read))
            {
                await MakeAsync(commit.Touch(stored, read), patience.Token);
            }
        }
        catch (Exception fault) when (fault is StateException or OperationCanceledException)
        {
            services.Logger.TouchFailed(fault);
        }
    }

    /// <summary>Also when the last touch lies ahead: the clock was set back since, and the idle timeout goes on all the same.</summary>
    private bool MayBeDue(bool isLoaded) =>
        isLoaded
            ? view.Read is { } read && services.Lifetime.IsTouchDue(read)
            : Math.Abs(client.NowSeconds - commit.TouchedSeconds) > services.Lifetime.WorthTouching.TotalSeconds;

    private async ValueTask MakeAsync(RecordChange touch, CancellationToken cancellationToken)
    {
        var result = await client.CommitAsync(new Commit(touch) { Durability = Durability.Written }, cancellationToken);
        if (result.IsCommitted)
        {
            commit.TouchedSeconds = client.NowSeconds;
        }
        else
        {
            commit.Stored = null;
        }
    }
}
