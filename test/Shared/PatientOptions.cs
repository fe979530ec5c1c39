namespace Holdfast.TestServers;

/// <summary>What engines are opened with where a test is not about a time limit.</summary>
internal static class PatientOptions
{
    /// <summary>As much as the disk of a busy machine takes.</summary>
    public static readonly TimeSpan CommitTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Defaults but for the patience.</summary>
    public static readonly StateEngineOptions Default = new() { CommitTimeout = CommitTimeout };

    /// <summary>These options, and patience unless they have a time limit of the test's own.</summary>
    public static StateEngineOptions Patient(this StateEngineOptions options) =>
        options.CommitTimeout == StateEngineOptions.DefaultCommitTimeout ? options with { CommitTimeout = CommitTimeout } : options;
}
