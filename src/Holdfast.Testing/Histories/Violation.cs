using Xunit;

namespace Holdfast.Testing;

/// <summary>Something that a history shows and that must not be.</summary>
/// <param name="Kind">Its name, such as <c>not linearizable</c> or <c>G1c</c>.</param>
/// <param name="Picture">What happened, as text of one or more lines, for who has to understand it.</param>
public sealed record Violation(string Kind, string Picture)
{
    /// <summary>Fails with the pictures of the first few, if there are any.</summary>
    /// <param name="violations">What a checker found.</param>
    /// <param name="story">What was done meanwhile, such as the seed: it is put before the pictures.</param>
    public static void MustBeNone(IReadOnlyList<Violation> violations, string story)
    {
        ArgumentNullException.ThrowIfNull(violations);
        Assert.True(violations.Count == 0, $"{story}: {violations.Count} violations.\n{string.Join("\n\n", violations.Take(3))}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Picture}";
}
