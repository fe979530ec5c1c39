using System.Buffers;

namespace Holdfast;

/// <summary>The characters that an address's parts may hold.</summary>
internal static class AddressCharacters
{
    public static readonly SearchValues<char> OfKind = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public static readonly SearchValues<char> OfPart = SearchValues.Create(
        Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code).Where(c => c is not ('/' or '{' or '}')).ToArray());

    public static readonly SearchValues<byte> BytesOfKind = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-"u8);

    public static readonly SearchValues<byte> BytesOfPart = SearchValues.Create(
        Enumerable.Range('!', '~' - '!' + 1).Where(code => code is not ('/' or '{' or '}')).Select(code => (byte)code).ToArray());
}
