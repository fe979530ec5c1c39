using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Holdfast.Embedded;

/// <summary>Memory as the processor fetches it, which takes up to a hundred times as long as to use what it has fetched before.</summary>
internal static unsafe class CacheLine
{
    public const int Bytes = 64;

    /// <summary>Whether this processor can be asked, by .NET: otherwise <see cref="Fetch"/> does nothing.</summary>
    public static bool CanFetch => Sse.IsSupported;

    /// <summary>Asks the processor to fetch the line of this place, without waiting for it. The place is not looked at: it need not be there any more.</summary>
    public static void Fetch<T>(ref readonly T place)
        where T : unmanaged
    {
        if (CanFetch)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
        }
    }
}
