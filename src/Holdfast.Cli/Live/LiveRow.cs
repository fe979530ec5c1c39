namespace Holdfast.Cli.Live;

/// <summary>An instance, a service or a gateway as a line of the live view.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">How it is.</param>
internal sealed record LiveRow(string Name, string State)
{
    /// <summary>Whether somebody should look after it.</summary>
    public bool IsTrouble { get; init; }

    /// <summary>Whether it stands for others, which are left out when there is no room.</summary>
    public bool IsSum { get; init; }

    /// <summary>Requests a second; null where they are not counted.</summary>
    public double? Requests { get; init; }

    /// <summary>Requests a second that failed.</summary>
    public double? Failures { get; init; }

    /// <summary>The time that 99 of 100 requests took at most; null when there were none.</summary>
    public TimeSpan? Slowest { get; init; }

    /// <summary>Requests that it has now.</summary>
    public int? InFlight { get; init; }

    /// <summary>Its address, or what is the matter with it.</summary>
    public string Note { get; init; } = "";
}
