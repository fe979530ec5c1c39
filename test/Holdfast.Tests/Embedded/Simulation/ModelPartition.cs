namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>What a partition must hold at each of its revisions, and which of these it must not go back behind.</summary>
internal sealed class ModelPartition
{
    private readonly List<ModelCommit> commits = [];

    /// <summary>The last commit that was made, whatever became of it.</summary>
    public long Revision => commits.Count;

    /// <summary>What survives the end of the process.</summary>
    public long Written { get; private set; }

    /// <summary>What survives loss of power.</summary>
    public long Synced { get; private set; }

    public ModelCommit this[long revision] => commits[(int)revision - 1];

    public IEnumerable<ModelCommit> UpTo(long revision) => commits.Take((int)revision);

    /// <summary>The records at a revision, those left out that have expired by now.</summary>
    public Dictionary<string, ModelRecord> At(long revision, long now) =>
        revision == 0 ? [] : this[revision].After.Where(record => record.Value.Deadline > now).ToDictionary();

    public void Add(ModelCommit commit) => commits.Add(commit);

    /// <summary>A commit was acknowledged at its level, or shown.</summary>
    public void Acknowledge(long revision)
    {
        Written = Math.Max(Written, revision);
        Synced = UpTo(revision).Any(commit => commit.Durability == Durability.Synced && commit.Revision > Synced)
            ? UpTo(revision).Last(static commit => commit.Durability == Durability.Synced).Revision
            : Synced;
    }

    /// <summary>What comes after was refused, or is lost as it may be.</summary>
    public void GoBackTo(long revision) => commits.RemoveRange((int)revision, commits.Count - (int)revision);

    /// <summary>A process has opened the store and found this: it is there to stay.</summary>
    public void Settle(long revision)
    {
        GoBackTo(revision);
        Written = Synced = revision;
    }
}
