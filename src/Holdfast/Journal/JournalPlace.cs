using System.Globalization;

namespace Holdfast;

/// <summary>Where a follower stands in a partition.</summary>
/// <param name="Term">The term in which the position was read; 0 before anything was.</param>
/// <param name="Position">The last position that was handled.</param>
internal sealed record JournalPlace(long Term, JournalPosition Position)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static JournalPlace Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return new JournalPlace(
            long.Parse(text.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture), JournalPosition.Parse(text[(space + 1)..]));
    }

    /// <summary><c>term revision-index</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Term} {Position}");
}
