namespace Holdfast.Testing;

/// <summary>What an object does when its operations come one after the other: what a history is measured against.</summary>
/// <typeparam name="TState">What the object holds; equal states behave alike from there on.</typeparam>
/// <typeparam name="T">What is asked and answered.</typeparam>
public abstract class SequentialModel<TState, T>
    where TState : IEquatable<TState>
{
    /// <summary>What it holds before the first operation.</summary>
    public abstract TState Initial { get; }

    /// <summary>
    /// Lets the operation take effect. False when what it was answered is not what the object answers in this state; an
    /// operation of unknown outcome was answered nothing, and is always possible.
    /// </summary>
    public abstract bool TryApply(TState state, Operation<T> operation, out TState next);

    /// <summary>The operation and its answer in a few words, for pictures.</summary>
    public virtual string Describe(Operation<T> operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return $"{operation.What}";
    }
}
