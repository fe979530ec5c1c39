using System.Text;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// A session in the store as the session cookie names it, version 1:
/// <code>
/// length of the session's id, its characters (ASCII); if there is one: birth, touched
/// stamps as <see cref="StampFormat"/> has them
/// </code>
/// Numbers stand as LEB128; times are seconds since 1970.
/// </summary>
/// <remarks>
/// The first release had this cookie alone, with the client's stamps in it. They have a cookie of their own by now, but what such an
/// instance wrote is read whole, and it reads what is written here, so that sessions live while a release rolls.
/// </remarks>
internal static class SessionFormat
{
    public const byte Version = 1;
    public const int MaxBytes = 256;

    public static int Write(Span<byte> target, SessionReference session, long touchedSeconds)
    {
        var length = 0;
        Leb128.Write(target, ref length, session.Id.Length);
        length += Encoding.ASCII.GetBytes(session.Id, target[length..]);
        Leb128.Write(target, ref length, session.Birth);
        Leb128.Write(target, ref length, touchedSeconds);
        StampFormat.Write(target, ref length, null);
        return length;
    }

    /// <summary>Reads what is of a store of this many partitions; false when it can't be of that store.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> source, PartitionMap partitions, out SessionReference? session, out long touchedSeconds, out ClientStamps? stamps)
    {
        (session, touchedSeconds, stamps) = (null, 0, null);
        if (!Leb128.TryRead(ref source, out var idLength) || idLength > Address.MaxPartLength || idLength > source.Length)
        {
            return false;
        }

        if (idLength > 0)
        {
            var id = Encoding.ASCII.GetString(source[..(int)idLength]);
            source = source[(int)idLength..];
            if (!SessionReference.TryAddress(id, out _)
                || !Leb128.TryRead(ref source, out var birth) || !Leb128.TryRead(ref source, out touchedSeconds))
            {
                return false;
            }

            session = new SessionReference(id, birth);
        }

        return StampFormat.TryRead(ref source, partitions, out stamps) && source.IsEmpty;
    }
}
