namespace Holdfast.Testing;

/// <summary>A register with compare-and-set.</summary>
public sealed class RegisterModel : SequentialModel<RegisterModel.State, RegisterOperation>
{
    /// <inheritdoc/>
    public override State Initial => new(null);

    /// <inheritdoc/>
    public override bool TryApply(State state, Operation<RegisterOperation> operation, out State next)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var what = operation.What;
        var isWritten = what.Kind == RegisterKind.Write || (what.Kind == RegisterKind.CompareAndSet && state.Value == what.Expected);
        next = isWritten ? new State(what.Value) : state;
        return operation.IsOpen || what.Kind switch
        {
            RegisterKind.Read => state.Value == what.Value,
            RegisterKind.CompareAndSet => isWritten == what.IsSet,
            _ => true,
        };
    }

    /// <inheritdoc/>
    public override string Describe(Operation<RegisterOperation> operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var what = operation.What;
        return what.Kind switch
        {
            RegisterKind.Read => $"read{(operation.IsOpen ? "" : $" -> {new State(what.Value)}")}",
            RegisterKind.Write => $"write {what.Value}",
            _ => $"set {what.Value} if {new State(what.Expected)}{(operation.IsOpen ? "" : what.IsSet ? " -> yes" : " -> no")}",
        };
    }

    /// <summary>What the register holds.</summary>
    /// <param name="Value">The number, or null for nothing.</param>
    public readonly record struct State(long? Value)
    {
        /// <inheritdoc/>
        public override string ToString() => Value is { } value ? $"{value}" : "nothing";
    }
}
