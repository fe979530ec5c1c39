namespace Holdfast.Testing;

/// <summary>What a client knows of an operation that it has called.</summary>
public enum OperationOutcome
{
    /// <summary>No answer came: it may have taken effect, may do so at any later time, or never.</summary>
    Unknown,

    /// <summary>It took effect between its call and its return, and answered.</summary>
    Done,

    /// <summary>It is known to have had no effect.</summary>
    Failed,
}
