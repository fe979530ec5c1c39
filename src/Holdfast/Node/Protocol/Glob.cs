namespace Holdfast.Node;

/// <summary>
/// A pattern of Redis: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, and <c>\</c> before a character that stands for
/// itself.
/// </summary>
/// <remarks>
/// The pattern is a row of steps, each of which takes one byte, with stars before some of them. A match keeps the set
/// of all steps at which it may stand, one bit each, and moves the whole set with every byte: so it costs the text's
/// length times the number of words of the set, whatever the pattern, where trying every star in turn is exponential.
/// </remarks>
internal sealed class Glob
{
    private const int WordBits = 64;

    private readonly int steps;
    private readonly int words;

    /// <summary>For each byte the row of <see cref="moves"/> that tells which steps take it.</summary>
    private readonly byte[] rowOfByte = new byte[256];
    private readonly ulong[] moves;

    /// <summary>The steps before which there is a star: who stands there may stay.</summary>
    private readonly ulong[] stars;

    public Glob(ReadOnlySpan<byte> pattern)
    {
        List<GlobStep> row = [];
        List<int> starred = [];
        for (var at = 0; at < pattern.Length;)
        {
            if (pattern[at] == '*')
            {
                starred.Add(row.Count);
                at++;
            }
            else
            {
                row.Add(GlobStep.Read(pattern, ref at));
            }
        }

        steps = row.Count;
        words = (steps / WordBits) + 1;
        stars = new ulong[words];
        foreach (var step in starred)
        {
            stars[step / WordBits] |= 1UL << (step % WordBits);
        }

        moves = MovesOf(row);
    }

    /// <summary>Whether all of the text matches.</summary>
    public bool Matches(ReadOnlySpan<byte> text)
    {
        Span<ulong> standing = stackalloc ulong[16];
        standing = words <= standing.Length ? standing[..words] : new ulong[words];
        standing.Clear();
        standing[0] = 1;
        foreach (var value in text)
        {
            var taken = moves.AsSpan(rowOfByte[value] * words, words);
            ulong carry = 0;
            ulong any = 0;
            for (var i = 0; i < words; i++)
            {
                var moving = standing[i] & taken[i];
                standing[i] = (moving << 1) | carry | (standing[i] & stars[i]);
                carry = moving >> (WordBits - 1);
                any |= standing[i];
            }

            if (any == 0)
            {
                return false;
            }
        }

        return (standing[steps / WordBits] >> (steps % WordBits) & 1) != 0;
    }

    /// <summary>Bytes that all steps treat alike share a row: there are few rows, mostly as many as different characters.</summary>
    private ulong[] MovesOf(List<GlobStep> row)
    {
        List<ulong> all = [];
        Dictionary<string, byte> rows = [];
        var signature = new char[steps];
        for (var value = 0; value < 256; value++)
        {
            for (var i = 0; i < steps; i++)
            {
                signature[i] = row[i].Takes((byte)value) ? '1' : '0';
            }

            var text = new string(signature);
            if (!rows.TryGetValue(text, out var index))
            {
                rows.Add(text, index = (byte)rows.Count);
                var first = all.Count;
                all.AddRange(new ulong[words]);
                for (var i = 0; i < steps; i++)
                {
                    all[first + (i / WordBits)] |= signature[i] == '1' ? 1UL << (i % WordBits) : 0;
                }
            }

            rowOfByte[value] = index;
        }

        return [.. all];
    }
}
