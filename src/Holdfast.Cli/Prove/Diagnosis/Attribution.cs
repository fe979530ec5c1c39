namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>Names the cause that the experiments leave.</summary>
/// <remarks>
/// What matters is where the state survives. Another instance does not have it and a restart in the same folder loses
/// it: it was in memory. The restart keeps it and one in a fresh folder loses it: it was on the instance's disk. Even
/// the fresh folder keeps it: it is shared, and the other instance looked at a copy of its own. Only haste loses it: it
/// was acknowledged before it was stored.
/// </remarks>
internal static class Attribution
{
    /// <summary>The kinds, the main one first.</summary>
    public static IReadOnlyList<FindingKind> Of(Pattern pattern, Signs signs)
    {
        if (signs.NamesInstance || signs.AffinityCookie is not null)
        {
            return [FindingKind.Affinity];
        }

        // A credential survives nothing that renews its key; if even a fresh instance takes it, the key is not the cause.
        if (signs.Rejected is not null && pattern.Renew != false)
        {
            return [FindingKind.PerInstanceSecret];
        }

        return pattern switch
        {
            // Others see it, or a graceful end stores it: only a kill loses it.
            { Rotate: not true, Restart: not true, Kill: true } => [FindingKind.UnflushedWrite],

            // Others see it, but later; what a kill does in between tells whether it was stored when it was acknowledged.
            { Rotate: not true, Restart: true, RestartLater: false } => [FindingKind.UnflushedWrite],
            { Rotate: true, RotateLater: false, Kill: true } => [FindingKind.UnflushedWrite],
            { Rotate: true, RotateLater: false, Kill: false } => [FindingKind.PerInstanceCache],

            // Nothing of the instance is left, and the state is there all the same.
            { Rotate: true, Renew: false } => [FindingKind.PerInstanceCache],

            // It survives in the folder, or would after a while.
            { Rotate: true, Restart: false, Renew: true, Kill: true } => [FindingKind.LocalDisk, FindingKind.UnflushedWrite],
            { Rotate: true, Restart: false, Renew: true } => [FindingKind.LocalDisk],
            { Rotate: true, Restart: true, RestartLater: false } => [FindingKind.LocalDisk, FindingKind.UnflushedWrite],

            { Rotate: true, Restart: true } => [FindingKind.ProcessMemory],

            // Each instance has it, and one that comes when all others go has it not: they tell each other, and nobody else.
            { Rotate: not true, Restart: not true, Kill: not true, Scale: true } => [FindingKind.ProcessMemory],
            _ => [FindingKind.Unknown],
        };
    }
}
