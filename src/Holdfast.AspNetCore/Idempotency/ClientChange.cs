using System.Globalization;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// What a keyed request made of its client's session, for the one client that may be told again: the one that presents the very session that
/// the first request came with. Stored as <c>id birth</c> of the one, and <c>id birth</c> of the other or nothing; a birth of <c>-</c> is that of the commit
/// that stored it.
/// </summary>
/// <param name="Arrived">The session that the first request came with.</param>
/// <param name="Became">The session that the client has since, or null when it was ended.</param>
internal sealed record ClientChange(SessionReference Arrived, SessionReference? Became)
{
    private const string BornWithThis = "-";

    /// <summary>Writes it ahead of the commit.</summary>
    /// <param name="arrived">The session that the request came with.</param>
    /// <param name="became">The id of the one that the client has afterwards, and its birth unless this commit creates it.</param>
    public static string Format(SessionReference arrived, (string Id, long? Birth)? became) =>
        string.Create(CultureInfo.InvariantCulture, $"{arrived.Id} {arrived.Birth} ")
        + (became is { } next ? $"{next.Id} {next.Birth?.ToString(CultureInfo.InvariantCulture) ?? BornWithThis}" : "");

    /// <summary>Reads what the record says; null when the first request came with no session.</summary>
    public static ClientChange? Of(Record record)
    {
        if (record.Text(ClaimFields.Client)?.Split(' ') is not { Length: >= 2 } parts)
        {
            return null;
        }

        var arrived = new SessionReference(parts[0], Number(parts[1]));
        return parts is [_, _, { Length: > 0 } id, var birth]
            ? new ClientChange(arrived, new SessionReference(id, birth == BornWithThis ? record.Revision : Number(birth)))
            : new ClientChange(arrived, null);
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
