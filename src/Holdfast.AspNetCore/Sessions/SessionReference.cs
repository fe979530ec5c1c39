namespace Holdfast.AspNetCore.Sessions;

/// <summary>A session in the store: its id, which is its affinity, and the revision at which it was born.</summary>
internal readonly record struct SessionReference(string Id, long Birth)
{
    public const string Kind = "session";

    public static Address AddressOf(string id) => new(Kind, id);

    /// <summary>The record of the id; false when it is none that an id can be.</summary>
    public static bool TryAddress(string id, out Address address) => Address.TryParse($"{Kind}/{id}", out address) && address.Id is null;
}
