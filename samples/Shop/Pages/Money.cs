using System.Globalization;

namespace Shop.Pages;

internal static class Money
{
    /// <summary>Cents as people read them.</summary>
    public static string Text(long cents) =>
        string.Create(CultureInfo.InvariantCulture, $"€ {cents / 100:N0}.{cents % 100:00}");
}
