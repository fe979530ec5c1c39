using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Prove;

/// <summary>What a command line asks for.</summary>
internal sealed record ProveRequest
{
    public static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(60);

    /// <summary>The scenario's file.</summary>
    public required string Scenario { get; init; }

    /// <summary>The application that copies are started of; null when <see cref="Running"/> has instances.</summary>
    public Application? Application { get; init; }

    /// <summary>A command that runs once, in the application's folder, before copies are made.</summary>
    public string? Build { get; init; }

    /// <summary>Addresses of instances that run already.</summary>
    public IReadOnlyList<Uri> Running { get; init; } = [];

    /// <summary>The file that has the authorities which signed the instances' certificates; null for the machine's own.</summary>
    public string? Authorities { get; init; }

    /// <summary>How long the proof may take, the build not counted.</summary>
    public TimeSpan Time { get; init; } = DefaultTime;

    /// <summary>Where the result goes as JSON; null for nowhere.</summary>
    public string? JsonFile { get; init; }

    /// <summary>Where the result goes as a page; null for nowhere.</summary>
    public string? ReportFile { get; init; }

    /// <summary>Where the scenario goes that was made of an archive or a document; null for nowhere.</summary>
    public string? SavedScenario { get; init; }

    /// <summary>What is proved, for people.</summary>
    public string What => Application?.Run ?? string.Join(", ", Running);
}
