namespace Holdfast.Cli.Prove.Recordings;

/// <summary>A request that somebody sent to the application, and what it answered.</summary>
internal sealed record RecordedExchange
{
    public required string Method { get; init; }

    /// <summary>Path and query.</summary>
    public required string Target { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The media type of the request's body, without parameters.</summary>
    public string? BodyType { get; init; }

    /// <summary>The request's body as text; null when there was none.</summary>
    public string? Body { get; init; }

    public required int Status { get; init; }

    /// <summary>Path and query of the answer's Location, if it is of the application.</summary>
    public string? Location { get; init; }

    /// <summary>The media type of the answer's body, without parameters.</summary>
    public string? AnswerType { get; init; }

    /// <summary>The answer's body as text; empty when it is none.</summary>
    public string Answer { get; init; } = "";

    /// <summary>A media type without its parameters, in lower case.</summary>
    public static string? MediaType(string? contentType) => contentType?.Split(';')[0].Trim().ToLowerInvariant();
}
