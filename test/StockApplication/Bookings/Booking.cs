namespace StockApplication.Bookings;

/// <summary>A crossing that somebody means to make, or has booked.</summary>
public sealed record Booking(string From, string To, int Passengers);
