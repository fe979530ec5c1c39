namespace Holdfast.Cli.Control;

/// <summary>What a command asks of the supervisor: one line of JSON.</summary>
/// <param name="Command"><see cref="Status"/>, <see cref="Scale"/> or <see cref="Down"/>.</param>
/// <param name="Service">The service to scale.</param>
/// <param name="Count">How many instances it is to have.</param>
internal sealed record ControlRequest(string Command, string? Service = null, int Count = 0)
{
    public const string Status = "status";
    public const string Scale = "scale";
    public const string Down = "down";
}
