namespace Holdfast.Testing;

/// <summary>One operation of a history, as its client saw it.</summary>
/// <typeparam name="T">What was asked and answered.</typeparam>
/// <param name="Client">Who called it, from 0. A client's operations come one after the other.</param>
/// <param name="Key">What it is about. Operations of different keys are independent of each other.</param>
/// <param name="What">What was asked and, if it is done, answered.</param>
/// <param name="Outcome">What the client knows of it.</param>
/// <param name="Call">The moment before it was sent. Moments are numbers in the order of time.</param>
/// <param name="Return">The moment after its answer came; <see cref="long.MaxValue"/> if the outcome is unknown.</param>
public sealed record Operation<T>(int Client, string Key, T What, OperationOutcome Outcome, long Call, long Return)
{
    /// <summary>Whether no answer came, so that it may have happened at any time after its call, or never.</summary>
    public bool IsOpen => Outcome == OperationOutcome.Unknown;
}
