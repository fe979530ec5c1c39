using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Logins;

/// <summary>Ends some of a user's logins, or all, in one commit; those that come meanwhile are looked at too.</summary>
internal sealed class LoginEnding(Address address, Record? read, Func<string, Login?, bool> isMeant) : ICommitPart
{
    /// <summary>Those that it ends.</summary>
    public IReadOnlyList<Login> Ended { get; private set; } = [];

    public void AddTo(CommitDraft draft)
    {
        var all = LoginRecord.All(read).ToList();
        var meant = all.Where(login => isMeant(login.Id, login.Login)).ToList();
        Ended = [.. meant.Select(static login => login.Login).OfType<Login>()];
        if (meant.Count == 0)
        {
            return;
        }

        var change = meant.Count == all.Count
            ? RecordChange.Delete(address)
            : meant.Aggregate(RecordChange.Update(address), static (update, login) => update.Remove(login.Id));
        draft.Add(this, change.When(Condition.RevisionIs(read!.Revision)));
    }

    public void Made(CommitResult result)
    {
    }

    public void Refused(Refusal refusal) => read = refusal.Current;
}
