namespace Holdfast.Cli.Prove.Runs;

/// <summary>What happens to an instance ahead of a request.</summary>
internal enum Disturbance
{
    None,

    /// <summary>It is asked to end, and started again in its folder.</summary>
    Restart,

    /// <summary>It is killed, and started again in its folder.</summary>
    Kill,

    /// <summary>It is asked to end, and started again in a fresh folder with a fresh home.</summary>
    Renew,

    /// <summary>It is killed, and started again in a fresh folder with a fresh home.</summary>
    Lose,

    /// <summary>It is started afresh, in a fresh folder, and then all others are stopped for good.</summary>
    Replace,
}
