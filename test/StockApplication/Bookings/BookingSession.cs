using System.Text.Json;

namespace StockApplication.Bookings;

/// <summary>What the session holds of a visitor's bookings.</summary>
internal static class BookingSession
{
    private const string DraftKey = "draft";
    private const string BookedKey = "booked";

    /// <summary>What the visitor has entered so far, or null.</summary>
    public static Booking? Draft(this ISession session) =>
        session.GetString(DraftKey) is { } json ? JsonSerializer.Deserialize<Booking>(json) : null;

    public static void SetDraft(this ISession session, Booking draft) => session.SetString(DraftKey, JsonSerializer.Serialize(draft));

    public static void RemoveDraft(this ISession session) => session.Remove(DraftKey);

    /// <summary>What the visitor has booked.</summary>
    public static List<Booking> Booked(this ISession session) =>
        session.GetString(BookedKey) is { } json ? JsonSerializer.Deserialize<List<Booking>>(json)! : [];

    public static void AddBooked(this ISession session, Booking booking) =>
        session.SetString(BookedKey, JsonSerializer.Serialize(session.Booked().Append(booking)));
}
