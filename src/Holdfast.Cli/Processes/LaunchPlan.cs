namespace Holdfast.Cli.Processes;

/// <summary>How a process is started.</summary>
/// <param name="Name">What its output and events are told under.</param>
/// <param name="Command">Program and arguments.</param>
/// <param name="Folder">The folder that it runs in.</param>
/// <param name="Environment">Variables added to the supervisor's own.</param>
internal sealed record LaunchPlan(string Name, IReadOnlyList<string> Command, string Folder, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Takes out of the output what must not be seen in it.</summary>
    public SecretMask Mask { get; init; } = SecretMask.None;

    /// <summary>The command of a topology file, which is any text that a shell takes.</summary>
    public static IReadOnlyList<string> Shell(string text) => ["sh", "-c", text];
}
