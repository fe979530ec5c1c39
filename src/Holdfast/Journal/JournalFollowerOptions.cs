namespace Holdfast;

/// <summary>How a <see cref="JournalFollower"/> goes about its work.</summary>
public sealed record JournalFollowerOptions
{
    /// <summary>How long the follower's lease lasts unless <see cref="LeaseLifetime"/> says otherwise. 5 s.</summary>
    public static readonly TimeSpan DefaultLeaseLifetime = TimeSpan.FromSeconds(5);

    /// <summary>How often positions are stored unless <see cref="SaveInterval"/> says otherwise. 1 s.</summary>
    public static readonly TimeSpan DefaultSaveInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long a failure is followed by a pause unless <see cref="RetryPause"/> says otherwise. 1 s.</summary>
    public static readonly TimeSpan DefaultRetryPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the lease lasts without renewal; after a holder's sudden death nothing is followed for up to this long
    /// and 2 s. Renewed every third of it. 5 s.
    /// </summary>
    public TimeSpan LeaseLifetime { get; init; } = DefaultLeaseLifetime;

    /// <summary>How often positions are stored: what a holder handled since then is handled again after its sudden death. 1 s.</summary>
    public TimeSpan SaveInterval { get; init; } = DefaultSaveInterval;

    /// <summary>How long to wait after the store or the handler failed, before trying again. 1 s.</summary>
    public TimeSpan RetryPause { get; init; } = DefaultRetryPause;

    /// <summary>
    /// After which position of a partition the next holder of the lease begins, given the last that was handled: an earlier one has it handle again what the handler
    /// still holds in memory. Asked every <see cref="SaveInterval"/> until the last one is stored, from any thread. By default the last one.
    /// </summary>
    public Func<int, JournalPosition, JournalPosition> ResumeAfter { get; init; } = static (_, handled) => handled;

    /// <summary>
    /// What to do when events were missed: rebuild what the handler derives from them. Called before the first event
    /// after the gap; if it throws, it is called again after <see cref="RetryPause"/>. By default nothing is done
    /// beyond the engine's log event <c>JournalGap</c>.
    /// </summary>
    public Func<JournalGap, CancellationToken, ValueTask> OnGap { get; init; } = static (_, _) => ValueTask.CompletedTask;
}
