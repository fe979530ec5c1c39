namespace Holdfast.AspNetCore.Sessions;

/// <summary>A session in the store: its id, which is its affinity, and the revision at which it was born.</summary>
internal readonly record struct SessionReference(string Id, long Birth)
{
    public const string Kind = "session";

    public static Address AddressOf(string id) => new(Kind, id);
}
