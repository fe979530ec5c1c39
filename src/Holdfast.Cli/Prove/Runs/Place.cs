namespace Holdfast.Cli.Prove.Runs;

/// <summary>Where a request goes, and what happens ahead of it.</summary>
/// <param name="Instance">The instance, from 0.</param>
internal sealed record Place(int Instance)
{
    /// <summary>What happens to that instance ahead of the request, as soon as the answer before is there.</summary>
    public Disturbance Before { get; init; }

    /// <summary>
    /// Whether each redirect goes to the next instance. With a disturbance, it goes to the same one, and what would happen
    /// ahead of the request happens ahead of the redirect.
    /// </summary>
    public bool Spreads { get; init; }

    /// <summary>How long nothing happens ahead of both.</summary>
    public TimeSpan Pause { get; init; }
}
