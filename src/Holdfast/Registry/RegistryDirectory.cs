namespace Holdfast;

/// <summary>The list of services as one reading found it.</summary>
/// <param name="Names">The services' names, in their order.</param>
/// <param name="Versions">Which declaration of a service holds, by its version. Empty for the only one that there is.</param>
/// <param name="Revision">The list's revision, which every change of it changes. 0 if there is none.</param>
/// <param name="Term">The server process that answered: another one means that the store was away.</param>
internal sealed record RegistryDirectory(IReadOnlyList<string> Names, IReadOnlyDictionary<string, string> Versions, long Revision, long Term)
{
    /// <summary>The version of the service's declaration that holds.</summary>
    public string VersionOf(string service) => Versions.GetValueOrDefault(service, "");

    /// <summary>The list that the record is, as it was at that moment.</summary>
    public static RegistryDirectory Of(Record? record, Stamp at)
    {
        var versions = record?.Fields.Keys.ToDictionary(static name => name, name => record.Text(name) ?? "") ?? [];
        return new RegistryDirectory([.. versions.Keys.Order(StringComparer.Ordinal)], versions, record?.Revision ?? 0, at.Term);
    }

    /// <summary>Whether nobody has changed the list in between. A store that has lost something may count up to the same revision again, in another term.</summary>
    public bool IsSameAs(RegistryDirectory other) => (Revision, Term) == (other.Revision, other.Term);

    /// <summary>Whether the same declarations hold by both. Who declares changes the list before there is anything new in it, and who reads need not mind that.</summary>
    public bool HoldsLike(RegistryDirectory other) =>
        Term == other.Term && Versions.Count == other.Versions.Count
        && Versions.All(pair => other.Versions.TryGetValue(pair.Key, out var version) && version == pair.Value);
}
