namespace Holdfast.Testing;

/// <summary>What may be asked of a register.</summary>
public enum RegisterKind
{
    /// <summary>What does it hold?</summary>
    Read,

    /// <summary>Hold this from now on.</summary>
    Write,

    /// <summary>Hold this from now on, if it holds that now.</summary>
    CompareAndSet,
}

/// <summary>An operation of a register that holds a number, or nothing at first.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Value">What was read, once it is answered; what is to be written otherwise.</param>
/// <param name="Expected">What the register must hold for a compare-and-set.</param>
/// <param name="IsSet">Whether a compare-and-set was answered that it did.</param>
public readonly record struct RegisterOperation(RegisterKind Kind, long? Value = null, long? Expected = null, bool IsSet = false);
