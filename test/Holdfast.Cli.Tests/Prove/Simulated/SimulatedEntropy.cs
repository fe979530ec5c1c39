namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>The randomness of a simulated machine.</summary>
internal sealed class SimulatedEntropy(SimulatedMachine machine) : Entropy
{
    public override void Fill(Span<byte> bytes) => machine.Fill(bytes);
}
