using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Node;

/// <summary>How a command's argument tells when a key expires: in seconds or milliseconds, from now or since 1970.</summary>
internal readonly record struct ExpiryArgument(bool IsSeconds, bool IsSince1970)
{
    private static readonly long MaxMilliseconds = (long)StateLimits.MaxTimeToLive.TotalMilliseconds;

    public static ExpiryArgument Seconds => new(true, false);

    public static ExpiryArgument Milliseconds => new(false, false);

    public static ExpiryArgument SecondsSince1970 => new(true, true);

    public static ExpiryArgument MillisecondsSince1970 => new(false, true);

    /// <summary>The option that the argument names, such as EX.</summary>
    public static ExpiryArgument? OfOption(in Command command, int index) =>
        command.Is(index, "EX"u8) ? Seconds
        : command.Is(index, "PX"u8) ? Milliseconds
        : command.Is(index, "EXAT"u8) ? SecondsSince1970
        : command.Is(index, "PXAT"u8) ? MillisecondsSince1970
        : null;

    /// <summary>Reads the argument; false with an error as Redis words it, or because the time is further off than a record's may be.</summary>
    /// <param name="text">The argument.</param>
    /// <param name="mayBeOver">Whether it may tell a time that is not after now, relative ones included.</param>
    /// <param name="command">The command's name, for the error.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="left">Milliseconds from now on; not positive if the time is over.</param>
    /// <param name="error">The error.</param>
    public bool TryRead(
        ReadOnlySpan<byte> text, bool mayBeOver, string command, TimeProvider clock, out long left, [NotNullWhen(false)] out string? error)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        error = null;
        left = 0;
        if (!Number.TryParse(text, out var given))
        {
            error = RedisErrors.NotAnInteger;
            return false;
        }

        var factor = IsSeconds ? 1000 : 1;
        var since = IsSince1970 ? 0 : now;
        if ((!mayBeOver && given <= 0) || given > long.MaxValue / factor || given < long.MinValue / factor || given * factor > long.MaxValue - since)
        {
            error = RedisErrors.InvalidExpiry(command);
            return false;
        }

        left = IsSince1970 ? Math.Max(given * factor, 0) - now : given * factor;
        error = left > MaxMilliseconds
            ? $"HFLIMIT a key expires at most {StateLimits.MaxTimeToLive.TotalDays:0} days from now: give it a nearer time, or none"
            : null;
        return error is null;
    }
}
