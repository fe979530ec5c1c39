using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Runs;

/// <summary>One user's way through a walk, and what came back.</summary>
/// <param name="Walk">The requests.</param>
/// <param name="Schedule">Where they went.</param>
/// <param name="Answers">One for each request.</param>
/// <param name="Values">What the names in braces stood for, at the end.</param>
internal sealed record Run(Walk Walk, Schedule Schedule, IReadOnlyList<Answer> Answers, IReadOnlyDictionary<string, CapturedValue> Values)
{
    public Arm Arm => Schedule.Arm;

    /// <summary>How long it took, with its pauses and with what happened to instances ahead of its requests.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>The run's unique value.</summary>
    public string Unique => Values[Template.Unique].Text;
}
