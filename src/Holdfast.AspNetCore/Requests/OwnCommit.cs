namespace Holdfast.AspNetCore.Requests;

/// <summary>A commit outside of a request's own. Begun, it heeds no cancellation.</summary>
internal static class OwnCommit
{
    private const int MaxAttempts = 16;

    /// <summary>Makes the commit, putting it together anew while parallel ones change what it stands on.</summary>
    /// <exception cref="RequestConflictException">They did so too often.</exception>
    public static async ValueTask MakeAsync(StateEngine engine, ICommitPart part)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var draft = new CommitDraft();
            part.AddTo(draft);
            if (draft.IsEmpty)
            {
                return;
            }

            var result = await engine.CommitAsync(draft.ToCommit(null));
            if (result.IsCommitted)
            {
                draft.Made(result);
                return;
            }

            draft.Refused(result.Refusal!);
        }

        throw new RequestConflictException($"A commit met changes of parallel ones {MaxAttempts} times in a row.");
    }
}
