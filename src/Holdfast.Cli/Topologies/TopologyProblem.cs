namespace Holdfast.Cli.Topologies;

/// <summary>Something in the topology file that must be mended, and how.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Message">What is wrong and what helps.</param>
internal sealed record TopologyProblem(int Line, string Message);
