namespace Holdfast.Testing;

/// <summary>An operation under way, which is told how it ended.</summary>
/// <typeparam name="T">What is asked and answered.</typeparam>
public sealed class HistoryCall<T>
{
    private readonly History<T> history;
    private Operation<T> operation;

    internal HistoryCall(History<T> history, Operation<T> operation) => (this.history, this.operation) = (history, operation);

    /// <summary>What is known of it.</summary>
    public Operation<T> Operation => Volatile.Read(ref operation);

    /// <summary>It was answered.</summary>
    /// <param name="answered">What was asked, together with the answer.</param>
    public void Return(T answered) => End(OperationOutcome.Done, answered);

    /// <summary>It is known to have had no effect, and never to have one.</summary>
    public void Fail() => End(OperationOutcome.Failed, operation.What);

    private void End(OperationOutcome outcome, T what) =>
        Volatile.Write(ref operation, operation with { Outcome = outcome, What = what, Return = history.Next() });
}
