namespace Holdfast.Cli.Processes;

/// <summary>A process.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="Parent">Its parent's id.</param>
/// <param name="Group">Its process group's id.</param>
/// <param name="Name">Its program's name, at most 15 characters.</param>
/// <param name="Cpu">The processor time that it has used.</param>
internal sealed record ProcessEntry(int Pid, int Parent, int Group, string Name, TimeSpan Cpu);
