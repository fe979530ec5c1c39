namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>What goes wrong with a simulated disk during one life of a process, by the number of the call.</summary>
/// <param name="CrashAt">The call at which the process ends; half of a write may have been done.</param>
/// <param name="FailAt">The call that fails with an input or output error.</param>
/// <param name="FullFrom">From this call on there is no room,</param>
/// <param name="FullUntil">until this one.</param>
internal sealed record DiskFaults(int CrashAt = int.MaxValue, int FailAt = -1, int FullFrom = int.MaxValue, int FullUntil = int.MaxValue);
