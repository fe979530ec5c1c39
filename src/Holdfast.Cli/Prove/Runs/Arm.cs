namespace Holdfast.Cli.Prove.Runs;

/// <summary>The ways in which the scenario is run.</summary>
internal enum Arm
{
    /// <summary>All requests go to one instance, undisturbed: what differs here is noise.</summary>
    Control,

    /// <summary>Requests go to several instances, in adversarial orders.</summary>
    Rotate,

    /// <summary>One instance, restarted gracefully between requests.</summary>
    Restart,

    /// <summary>One instance, killed right after answers.</summary>
    Kill,

    /// <summary>Requests of one user at once.</summary>
    Concurrent,

    /// <summary>Instances come and go.</summary>
    Scale,

    /// <summary>Instances of two builds, side by side.</summary>
    Deploy,
}
