namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>One request of a scenario, and how often it is sent.</summary>
internal sealed record Step
{
    public const int MaxTimes = 100;
    public const int MaxConcurrently = 32;

    /// <summary>The step's line in the file.</summary>
    public required int Line { get; init; }

    /// <summary>GET, POST, …</summary>
    public required string Method { get; init; }

    /// <summary>The path, with its query if it was written with one.</summary>
    public required Template Path { get; init; }

    public IReadOnlyList<NamedTemplate> Headers { get; init; } = [];

    public IReadOnlyList<NamedTemplate> Query { get; init; } = [];

    public StepBody? Body { get; init; }

    /// <summary>How often the request is sent, one after the other; with <see cref="Concurrently"/>, how many such groups.</summary>
    public int Times { get; init; } = 1;

    /// <summary>How many are sent at once where concurrency is tested; elsewhere they go one after the other.</summary>
    public int Concurrently { get; init; } = 1;

    public IReadOnlyList<Capture> Captures { get; init; } = [];

    /// <summary>The status that the answer must have in an undisturbed run; null for any.</summary>
    public int? ExpectedStatus { get; init; }

    /// <summary>The request as the scenario writes it: <c>POST /cart</c>.</summary>
    public string Request => $"{Method} {Path}";

    /// <summary>Whether the method is one that by HTTP changes nothing (RFC 9110, 9.2.1).</summary>
    public bool IsSafe => Method is "GET" or "HEAD" or "OPTIONS";

    /// <summary>The names in braces that the step needs.</summary>
    public IEnumerable<string> Names =>
        Path.Names
            .Concat(Headers.SelectMany(static header => header.Value.Names))
            .Concat(Query.SelectMany(static parameter => parameter.Value.Names))
            .Concat(Body?.Names ?? [])
            .Distinct();
}
