using System.Globalization;

namespace Holdfast;

/// <summary>Where an event stands in its partition's journal: the revision of its commit, and its index in that commit.</summary>
/// <param name="Revision">The commit's revision; 0 stands before every event.</param>
/// <param name="Index">The event's index in the commit, from 0.</param>
public readonly record struct JournalPosition(long Revision, int Index) : IComparable<JournalPosition>
{
    /// <summary>Before every event.</summary>
    public static JournalPosition Start => default;

    /// <summary>Whether the first stands before the second.</summary>
    public static bool operator <(JournalPosition left, JournalPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first stands after the second.</summary>
    public static bool operator >(JournalPosition left, JournalPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first does not stand after the second.</summary>
    public static bool operator <=(JournalPosition left, JournalPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first does not stand before the second.</summary>
    public static bool operator >=(JournalPosition left, JournalPosition right) => left.CompareTo(right) >= 0;

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is no position.</exception>
    public static JournalPosition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new JournalPosition(revision, index)
            : throw new FormatException($"'{text}' is no journal position: it needs the form revision-index.");
    }

    /// <inheritdoc/>
    public int CompareTo(JournalPosition other) =>
        Revision != other.Revision ? Revision.CompareTo(other.Revision) : Index.CompareTo(other.Index);

    /// <summary><c>revision-index</c>, as a Redis stream's id is written.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Revision}-{Index}");
}
