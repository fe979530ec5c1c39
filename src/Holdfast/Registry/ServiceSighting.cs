namespace Holdfast;

/// <summary>What one reading found of a service.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Service">The service and the instances whose lease holds; null when nothing declares it.</param>
/// <param name="Listed">The ids that its record lists, those without a lease included.</param>
/// <param name="At">The partition's moment of the reading.</param>
/// <param name="Head">The partition's history, read after the rest.</param>
/// <param name="Problem">Why its declaration can't be understood, and <paramref name="Service"/> is as it was declared before, if that is known; null when all is well.</param>
internal sealed record ServiceSighting(string Name, RegisteredService? Service, IReadOnlyList<string> Listed, Stamp At, PartitionHead Head, string? Problem = null);
