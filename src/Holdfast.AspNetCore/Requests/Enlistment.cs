namespace Holdfast.AspNetCore.Requests;

/// <summary>What the handler asked to have changed in one partition with the request's commit.</summary>
internal sealed class Enlistment(int partition) : ICommitPart
{
    private readonly List<RecordChange> changes = [];
    private readonly List<(string Affinity, NewEvent Happened)> events = [];
    private readonly List<ICommitPart> parts = [];

    public int Partition => partition;

    /// <exception cref="ArgumentException">The record is enlisted already.</exception>
    public void Add(RecordChange change)
    {
        if (changes.Exists(other => other.Address == change.Address))
        {
            throw new ArgumentException($"{change.Address} is enlisted twice in this request: put all of it into one change.", nameof(change));
        }

        changes.Add(change);
    }

    public void Add(string affinity, NewEvent happened) => events.Add((affinity, happened));

    /// <summary>Another part that stands for itself; once, though a commit that failed is made again.</summary>
    public void Add(ICommitPart part)
    {
        if (!parts.Contains(part))
        {
            parts.Add(part);
        }
    }

    /// <summary>Adds the application's changes and events.</summary>
    public void AddTo(CommitDraft draft)
    {
        foreach (var change in changes)
        {
            draft.Add(this, change);
        }

        foreach (var (affinity, happened) in events)
        {
            draft.Add(affinity, happened);
        }
    }

    /// <summary>The application's changes and events are made.</summary>
    public void ForgetEffects()
    {
        changes.Clear();
        events.Clear();
    }

    /// <summary>Adds the parts that stand for themselves.</summary>
    public void AddPartsTo(CommitDraft draft)
    {
        foreach (var part in parts)
        {
            part.AddTo(draft);
        }
    }

    public void Made(CommitResult result)
    {
    }

    public void Refused(Refusal refusal) => throw new RequestConflictException(
        $"What the request was to change has changed meanwhile: {refusal.Condition} does not hold for {refusal.Current?.Address.ToString() ?? "an absent record"}.");
}
