using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Prove;

/// <summary>What a command line asks for.</summary>
internal sealed record ProveRequest
{
    public static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(60);

    /// <summary>The scenario's file; null where one is recorded.</summary>
    public string? Scenario { get; init; }

    /// <summary>The file that a recorded scenario goes to; null where one is proved.</summary>
    public string? RecordFile { get; init; }

    /// <summary>The loopback port at which the application is used while it is recorded; 0 for a free one.</summary>
    public int RecordPort { get; init; }

    /// <summary>A topology's state plane, as its file names it; null where no topology is proved.</summary>
    public string? State { get; init; }

    /// <summary>The application that copies are started of; null when <see cref="Running"/> has instances.</summary>
    public Application? Application { get; init; }

    /// <summary>The command of a copy of the build that comes next; null where none is given.</summary>
    public string? RunNext { get; init; }

    /// <summary>A command that brings the application's stores to their beginning, between arms; null where nothing does.</summary>
    public string? Reset { get; init; }

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
