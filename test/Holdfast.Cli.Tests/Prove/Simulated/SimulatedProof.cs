using System.Text;
using Holdfast.Cli.Prove;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>A proof of three copies of an application on a simulated machine.</summary>
internal sealed class SimulatedProof
{
    private const int Instances = 3;

    private readonly StringBuilder told = new();
    private readonly SimulatedEntropy entropy;

    public SimulatedProof(string scenario, SimulatedMachine machine, Func<SimulatedProcess> start, TimeSpan time)
    {
        entropy = new SimulatedEntropy(machine);
        Walk = Walk.Of(ScenarioFile.Read("scenario.yaml", scenario));
        SimulatedInstance[] instances = [.. Enumerable.Range(1, Instances).Select(number => new SimulatedInstance(number, machine, start))];
        Laboratory = new Laboratory(new Runner(instances, null, machine, entropy), new Budget(time, machine), null, CancellationToken.None);
    }

    public Walk Walk { get; }

    public Laboratory Laboratory { get; }

    /// <summary>What it has told so far.</summary>
    public string Told => told.ToString();

    public Task<ProofResult> RunAsync() => new Proof(Laboratory, Walk, entropy, new Progress(new StringWriter(told))).RunAsync();
}
