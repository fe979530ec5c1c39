namespace Holdfast.Testing;

/// <summary>
/// Finds out whether a history could have come from an object whose operations take effect one after the other, each at
/// one moment between its call and its return (M. Herlihy and J. Wing, "Linearizability", 1990). An operation of
/// unknown outcome may take effect at any moment after its call, or never.
/// </summary>
/// <remarks>
/// The search is J. Wing's and C. Gong's with G. Lowe's memory of what was tried, and each key is judged by itself, as in
/// A. Athalye's Porcupine. It is exponential in how many operations of a key overlap at the worst: spread them over keys.
/// </remarks>
public static class LinearizabilityChecker
{
    /// <summary>How many placings are tried for a key unless told otherwise: a minute of work.</summary>
    public const long DefaultMaxSteps = 5_000_000;

    /// <summary>
    /// What is wrong with the history, key by key: nothing if it is linearizable. A key that can't be decided within the
    /// steps is told as a violation of the kind <c>undecided</c>.
    /// </summary>
    /// <param name="model">What the object does.</param>
    /// <param name="operations">The history; those that had no effect may be left out.</param>
    /// <param name="maxSteps">How many placings are tried for a key before it is given up.</param>
    public static IReadOnlyList<Violation> Check<TState, T>(
        SequentialModel<TState, T> model, IEnumerable<Operation<T>> operations, long maxSteps = DefaultMaxSteps)
        where TState : IEquatable<TState>
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(operations);
        var violations = new List<Violation>();
        foreach (var key in operations.Where(static operation => operation.Outcome != OperationOutcome.Failed).GroupBy(static operation => operation.Key))
        {
            var search = new LinearizationSearch<TState, T>(model, [.. key], maxSteps);
            switch (search.Run())
            {
                case true:
                    break;
                case false:
                    violations.Add(new Violation("not linearizable", LinearizabilityPicture.Draw(model, key.Key, search)));
                    break;
                case null:
                    violations.Add(new Violation("undecided", $"{key.Key} has too many operations at once: {maxSteps} placings decided nothing."));
                    break;
            }
        }

        return violations;
    }
}
