using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.DataProtection;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Stored {Element} in the data-protection ring.")]
    public static partial void Stored(this ILogger logger, string element);

    [LoggerMessage(2, LogLevel.Information, "Another instance has just created a data-protection key; this instance uses that one, and its own is dropped.")]
    public static partial void KeyDropped(this ILogger logger);

    [LoggerMessage(EventId = 3, Message = "The data-protection keys stand in the store unencrypted: whoever can read the store can make session cookies and tokens of any user. Name a certificate in HoldfastOptions.KeyCertificates.")]
    public static partial void KeysUnencrypted(this ILogger logger, LogLevel level);

    [LoggerMessage(4, LogLevel.Error, "A data-protection key in the store can't be opened: what was protected under it counts as none.")]
    public static partial void KeyUnopened(this ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "The certificate '{Subject}' of the data-protection keys expires on {End}, and from then on no instance starts with it. Put its successor ahead of it in HoldfastOptions.KeyCertificates.")]
    public static partial void CertificateExpires(this ILogger logger, string subject, DateTime end);
}
