namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>What one user does with the application, step by step.</summary>
/// <param name="Steps">The steps, in order.</param>
internal sealed record Scenario(IReadOnlyList<Step> Steps)
{
    /// <summary>Most requests that one run of the scenario may send.</summary>
    public const int MaxRequests = 200;

    /// <summary>How many requests one run sends.</summary>
    public int RequestCount => Steps.Sum(static step => step.Times * step.Concurrently);
}
