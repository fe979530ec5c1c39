using System.Text;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// A session that its client holds itself, version 2 of the session's content:
/// <code>
/// length of the session's id, its characters (ASCII), created (milliseconds since 1970), touched (seconds since 1970)
/// number of fields, and for each: length of its name, the name (UTF-8), length of its value, the value
/// </code>
/// Numbers stand as LEB128.
/// </summary>
internal static class HeldFormat
{
    public const byte Version = 2;

    /// <summary>What there is room for in a cookie of 4,096 bytes.</summary>
    public const int MaxBytes = CookieSeal.MaxPlainBytes;

    private const int MaxLengthBytes = 2;
    private static readonly long MaxCreated = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>How long the session is as bytes, at most.</summary>
    public static int BytesOf(HeldSession session)
    {
        var bytes = session.Id.Length + (4 * Leb128.MaxBytes);
        foreach (var (name, value) in session.Fields)
        {
            bytes += Encoding.UTF8.GetByteCount(name) + value.Length + (2 * MaxLengthBytes);
        }

        return bytes;
    }

    public static int Write(Span<byte> target, HeldSession session)
    {
        var length = 0;
        Leb128.Write(target, ref length, session.Id.Length);
        length += Encoding.ASCII.GetBytes(session.Id, target[length..]);
        Leb128.Write(target, ref length, session.Created.ToUnixTimeMilliseconds());
        Leb128.Write(target, ref length, session.TouchedSeconds);
        Leb128.Write(target, ref length, session.Fields.Count);
        foreach (var (name, value) in session.Fields)
        {
            Leb128.Write(target, ref length, Encoding.UTF8.GetByteCount(name));
            length += Encoding.UTF8.GetBytes(name, target[length..]);
            Leb128.Write(target, ref length, value.Length);
            value.Span.CopyTo(target[length..]);
            length += value.Length;
        }

        return length;
    }

    /// <summary>Reads a session; null when it is none.</summary>
    public static HeldSession? Read(ReadOnlySpan<byte> content)
    {
        var source = content;
        if (!TryReadBytes(ref source, out var id) || !Leb128.TryRead(ref source, out var created) || !Leb128.TryRead(ref source, out var touched)
            || !Leb128.TryRead(ref source, out var count) || created > MaxCreated || count > HeldSession.MaxFields
            || !SessionReference.TryAddress(Encoding.ASCII.GetString(id), out var address))
        {
            return null;
        }

        var fields = new Dictionary<string, ReadOnlyMemory<byte>>((int)count, StringComparer.Ordinal);
        for (; count > 0; count--)
        {
            if (!TryReadBytes(ref source, out var name) || !TryReadBytes(ref source, out var value))
            {
                return null;
            }

            fields[Encoding.UTF8.GetString(name)] = value.ToArray();
        }

        return source.IsEmpty ? new HeldSession(address.Affinity, DateTimeOffset.FromUnixTimeMilliseconds(created), touched, fields) : null;
    }

    private static bool TryReadBytes(ref ReadOnlySpan<byte> source, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!Leb128.TryRead(ref source, out var length) || length > source.Length)
        {
            return false;
        }

        bytes = source[..(int)length];
        source = source[(int)length..];
        return true;
    }
}
