namespace Holdfast.AspNetCore.Idempotency;

/// <summary>The fields of the record <c>idempotency/…</c>. One with a status is finished; until then a claim says whether somebody runs it.</summary>
internal static class ClaimFields
{
    /// <summary>The request's fingerprint.</summary>
    public const string Fingerprint = "fingerprint";

    /// <summary>How often the request was begun; a take-over counts it up, which fences whoever had the claim before.</summary>
    public const string Runs = "runs";

    /// <summary>What the key is counted with, in bytes, and in which of the hours of <see cref="KeyUsage"/>.</summary>
    public const string Bytes = "bytes";

    public const string Hour = "hour";

    /// <summary>What <see cref="IdempotentRequest.PlanAsync"/> stored.</summary>
    public const string Plan = "plan";

    /// <summary>The response's status code, decimal.</summary>
    public const string Status = "status";

    /// <summary>The response's headers, one a line: <c>name: value</c>.</summary>
    public const string Headers = "headers";

    /// <summary>The response's body.</summary>
    public const string Body = "body";

    /// <summary>What the steps wrote in other partitions, for the stamps of a client that repeats the request: <c>partition term revision</c>, one a line.</summary>
    public const string Written = "written";

    /// <summary>What became of the client's session: see <see cref="ClientChange"/>.</summary>
    public const string Client = "client";

    /// <summary>The application's cookies, sealed: for the client with that session and nobody else.</summary>
    public const string Cookies = "cookies";
}
