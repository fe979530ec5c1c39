using System.Text;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// The cookie's content as bytes, within its seal, which carries the version:
/// <code>
/// length of the session's id, its characters (ASCII); if there is one: birth, touched
/// store-until, number of stamps, and for each: partition, term, revision, seen
/// </code>
/// Numbers are not negative and stand as LEB128; times are seconds since 1970.
/// </summary>
internal static class CookieFormat
{
    public const int MaxBytes = 1024;

    public static int Write(Span<byte> target, CookieContent content)
    {
        var length = 0;
        if (content.Session is { } session)
        {
            Write(target, ref length, session.Id.Length);
            length += Encoding.ASCII.GetBytes(session.Id, target[length..]);
            Write(target, ref length, session.Birth);
            Write(target, ref length, content.TouchedSeconds);
        }
        else
        {
            Write(target, ref length, 0);
        }

        Write(target, ref length, content.Stamps.StoreUntil);
        Write(target, ref length, content.Stamps.All.Count);
        foreach (var (stamp, seenSeconds) in content.Stamps.All)
        {
            Write(target, ref length, stamp.Partition);
            Write(target, ref length, stamp.Term);
            Write(target, ref length, stamp.Revision);
            Write(target, ref length, seenSeconds);
        }

        return length;
    }

    /// <summary>Reads the content for a store of this many partitions; null when it can't be of that store.</summary>
    public static CookieContent? Read(ReadOnlySpan<byte> source, PartitionMap partitions)
    {
        var stamps = new ClientStamps();
        SessionReference? session = null;
        long touched = 0;
        if (!TryRead(ref source, out var idLength) || idLength > Address.MaxPartLength || idLength > source.Length)
        {
            return null;
        }

        if (idLength > 0)
        {
            var id = Encoding.ASCII.GetString(source[..(int)idLength]);
            source = source[(int)idLength..];
            if (!Address.TryParse($"{SessionReference.Kind}/{id}", out _) || !TryRead(ref source, out var birth) || !TryRead(ref source, out touched))
            {
                return null;
            }

            session = new SessionReference(id, birth);
        }

        if (!TryRead(ref source, out var storeUntil) || !TryRead(ref source, out var count) || count > ClientStamps.MaxStamps)
        {
            return null;
        }

        stamps.StoreUntil = storeUntil;
        for (; count > 0; count--)
        {
            if (!TryRead(ref source, out var partition) || !TryRead(ref source, out var term) || !TryRead(ref source, out var revision)
                || !TryRead(ref source, out var seen) || partition >= partitions.Count)
            {
                return null;
            }

            stamps.Restore(new SeenStamp(new Stamp((int)partition, term, revision), seen));
        }

        return source.IsEmpty ? new CookieContent(session, touched, stamps) : null;
    }

    private static void Write(Span<byte> target, ref int length, long number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            target[length++] = (byte)(number | 0x80);
        }

        target[length++] = (byte)number;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> source, out long number)
    {
        number = 0;
        for (var i = 0; i < source.Length && i < 9; i++)
        {
            number |= (long)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
