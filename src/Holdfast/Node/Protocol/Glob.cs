namespace Holdfast.Node;

/// <summary>
/// Redis's patterns: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, and <c>\</c> before a character that stands for
/// itself. On a mismatch only the last star is tried again, one byte further: a match never costs more than the
/// product of the two lengths, whatever the pattern, where trying every star in turn is exponential.
/// </summary>
internal static class Glob
{
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
    {
        int p = 0, t = 0, star = -1, retry = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = ++p;
                retry = t;
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, text[t], out var next))
            {
                p = next;
                t++;
            }
            else if (star >= 0)
            {
                p = star;
                t = ++retry;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, int at, byte value, out int next)
    {
        next = at + 1;
        switch (pattern[at])
        {
            case (byte)'?':
                return true;
            case (byte)'[':
                return MatchesClass(pattern, at + 1, value, out next);
            case (byte)'\\' when at + 1 < pattern.Length:
                next = at + 2;
                return pattern[at + 1] == value;
            default:
                return pattern[at] == value;
        }
    }

    /// <summary>A class that is not closed ends with the pattern, as in Redis.</summary>
    private static bool MatchesClass(ReadOnlySpan<byte> pattern, int at, byte value, out int next)
    {
        var negated = at < pattern.Length && pattern[at] == '^';
        at += negated ? 1 : 0;
        var found = false;
        while (at < pattern.Length && pattern[at] != ']')
        {
            if (pattern[at] == '\\' && at + 1 < pattern.Length)
            {
                at++;
            }

            var low = pattern[at++];
            var high = low;
            if (at + 1 < pattern.Length && pattern[at] == '-')
            {
                high = pattern[at + 1];
                at += 2;
            }

            found |= value >= Math.Min(low, high) && value <= Math.Max(low, high);
        }

        next = Math.Min(at + 1, pattern.Length);
        return found != negated;
    }
}
