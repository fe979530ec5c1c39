namespace Holdfast.AspNetCore.Idempotency;

/// <summary>What became of an attempt to claim a key.</summary>
internal abstract record ClaimAnswer
{
    /// <summary>The request is this one's to run.</summary>
    public sealed record Taken(Claim Claim) : ClaimAnswer;

    /// <summary>It has run; this is its record.</summary>
    public sealed record Finished(Record Record, StoredResponse Response, Stamp At) : ClaimAnswer
    {
        /// <summary>What it wrote in other partitions.</summary>
        public IEnumerable<Stamp> Written => Record.Text(ClaimFields.Written) is { } text ? WrittenStamps.Parse(text) : [];
    }

    /// <summary>It runs, or ran on an instance that died a moment ago.</summary>
    public sealed record Running : ClaimAnswer;

    /// <summary>The key was used for another request.</summary>
    public sealed record OtherRequest : ClaimAnswer;

    /// <summary>There is no room for another key.</summary>
    public sealed record Full(int RetryAfterSeconds) : ClaimAnswer;
}
