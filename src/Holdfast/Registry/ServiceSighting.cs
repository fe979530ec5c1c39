namespace Holdfast;

/// <summary>A service as one reading found it.</summary>
/// <param name="Service">The service and the instances whose lease holds.</param>
/// <param name="Listed">The ids that its record lists, those without a lease included.</param>
/// <param name="Birth">The birth of its record: another one means that the store lost the former.</param>
internal sealed record ServiceSighting(RegisteredService Service, IReadOnlyList<string> Listed, long Birth);
