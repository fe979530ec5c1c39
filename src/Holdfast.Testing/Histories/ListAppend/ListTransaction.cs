namespace Holdfast.Testing;

/// <summary>A transaction on lists: its steps in their order. One that failed or whose outcome is unknown tells what it would have appended.</summary>
/// <param name="Steps">The steps.</param>
public sealed record ListTransaction(params IReadOnlyList<ListStep> Steps)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Steps);
}
