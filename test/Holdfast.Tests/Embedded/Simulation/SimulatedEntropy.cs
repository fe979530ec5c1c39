namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>Randomness that a seed decides.</summary>
internal sealed class SimulatedEntropy(Random random) : Entropy
{
    public override void Fill(Span<byte> bytes) => random.NextBytes(bytes);
}
