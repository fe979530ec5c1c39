namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>One request of a finding's smallest walk.</summary>
/// <param name="Request">Method and path, as the scenario writes them.</param>
/// <param name="Line">The step's line in the scenario.</param>
/// <param name="Instance">The instance that it goes to, from 1.</param>
/// <param name="Before">What happens to that instance ahead of it: restart, kill; null for nothing.</param>
/// <param name="AtOnce">Whether it is sent at the same time as the other requests of which this is true.</param>
internal sealed record SmallestStep(string Request, int Line, int Instance, string? Before, bool AtOnce);
