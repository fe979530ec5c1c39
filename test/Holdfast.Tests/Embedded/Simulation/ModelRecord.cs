namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>What a record must hold.</summary>
/// <param name="Number">Which commit gave it its content.</param>
/// <param name="Deadline">When it expires, by the simulation's clock; <see cref="long.MaxValue"/> for never.</param>
/// <param name="HasOneField">Whether it has but the one field that every record has, so that it may be replaced the short way.</param>
internal readonly record struct ModelRecord(long Number, long Deadline, bool HasOneField);
