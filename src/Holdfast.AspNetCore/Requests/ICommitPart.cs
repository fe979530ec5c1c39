namespace Holdfast.AspNetCore.Requests;

/// <summary>One of those who change something with a request's commit.</summary>
internal interface ICommitPart
{
    /// <summary>Adds what there is to change by now; called again for each attempt.</summary>
    void AddTo(CommitDraft draft);

    /// <summary>The commit was made, with something of the part in it.</summary>
    void Made(CommitResult result);

    /// <summary>
    /// A condition of the part's did not hold, and nothing was changed. Returns to have another attempt built.
    /// </summary>
    /// <exception cref="StateException">There is no way on.</exception>
    void Refused(Refusal refusal);
}
