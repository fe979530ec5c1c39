namespace Holdfast.AspNetCore.Requests;

/// <summary>A commit as its parts put it together.</summary>
internal sealed class CommitDraft
{
    private List<RecordChange>? changes;
    private List<ICommitPart>? owners;
    private List<NewEvent>? events;
    private string? affinity;

    /// <summary>Whether nobody has anything to change.</summary>
    public bool IsEmpty => changes is null && events is null;

    /// <summary>Adds a change, and tells its place, which is also that of the record in <see cref="CommitResult.Records"/>.</summary>
    public int Add(ICommitPart owner, RecordChange change)
    {
        (owners ??= new(2)).Add(owner);
        (changes ??= new(2)).Add(change);
        return changes.Count - 1;
    }

    /// <summary>Whether the last change that was added is of this part.</summary>
    public bool Ends(ICommitPart part) => owners is not null && owners[^1] == part;

    public void Add(string affinity, NewEvent happened)
    {
        this.affinity ??= affinity;
        (events ??= []).Add(happened);
    }

    public Commit ToCommit(RequestId? request) =>
        new(changes ?? (IReadOnlyList<RecordChange>)[]) { Events = events ?? (IReadOnlyList<NewEvent>)[], Affinity = affinity, Request = request };

    /// <summary>Tells each part that the commit was made.</summary>
    public void Made(CommitResult result)
    {
        for (var i = 0; i < owners?.Count; i++)
        {
            if (i == 0 || owners[i] != owners[i - 1])
            {
                owners[i].Made(result);
            }
        }
    }

    /// <summary>Tells the part whose condition did not hold.</summary>
    public void Refused(Refusal refusal) => owners![refusal.Change].Refused(refusal);
}
