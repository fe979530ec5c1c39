namespace Holdfast.Embedded;

/// <summary>A request id within its partition.</summary>
internal readonly record struct RequestKey(string Id, string Step);

/// <summary>The commit that a request id made.</summary>
/// <param name="Fingerprint">What a repetition must match.</param>
/// <param name="Term">The term of the first result.</param>
/// <param name="Revision">The revision of the first result.</param>
/// <param name="Deadline">When the id is forgotten, as a timestamp.</param>
internal sealed record RequestMark(string Fingerprint, long Term, long Revision, long Deadline);
