namespace Holdfast.EndToEnd.Tests.Absence;

/// <summary>What somebody who has signed in was shown.</summary>
internal enum Sight
{
    /// <summary>The page, as theirs.</summary>
    Theirs,

    /// <summary>That it can't be told now: 503.</summary>
    Closed,

    /// <summary>That the service has as many requests as it can do, by the gateway: 503, and no instance has seen the request.</summary>
    TurnedAway,
}
