namespace Holdfast;

/// <summary>The list of services as one reading found it.</summary>
/// <param name="Names">The services' names, in their order.</param>
/// <param name="Term">The server process that answered: another one means that the store was away.</param>
internal sealed record RegistryDirectory(IReadOnlyList<string> Names, long Term);
