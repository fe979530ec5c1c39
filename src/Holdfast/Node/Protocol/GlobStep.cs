namespace Holdfast.Node;

/// <summary>What takes one byte in a pattern: a character, <c>?</c> or a class.</summary>
internal readonly struct GlobStep
{
    private readonly UInt128 low;
    private readonly UInt128 high;

    private GlobStep(UInt128 low, UInt128 high) => (this.low, this.high) = (low, high);

    public bool Takes(byte value) => ((value < 128 ? low : high) >> (value & 127) & 1) != 0;

    /// <summary>Reads the step, and moves behind it. What is no class, wildcard or escape stands for itself.</summary>
    public static GlobStep Read(ReadOnlySpan<byte> pattern, ref int at)
    {
        var first = pattern[at++];
        switch (first)
        {
            case (byte)'?':
                return new GlobStep(UInt128.MaxValue, UInt128.MaxValue);
            case (byte)'[':
                return ReadClass(pattern, ref at);
            case (byte)'\\' when at < pattern.Length:
                return default(GlobStep).With(pattern[at], pattern[at++]);
            default:
                return default(GlobStep).With(first, first);
        }
    }

    /// <summary>A class that is not closed ends with the pattern, as in Redis.</summary>
    private static GlobStep ReadClass(ReadOnlySpan<byte> pattern, ref int at)
    {
        var negated = at < pattern.Length && pattern[at] == '^';
        at += negated ? 1 : 0;
        var step = default(GlobStep);
        while (at < pattern.Length && pattern[at] != ']')
        {
            if (pattern[at] == '\\' && at + 1 < pattern.Length)
            {
                at++;
                step = step.With(pattern[at], pattern[at]);
                at++;
                continue;
            }

            var from = pattern[at++];
            var to = from;
            if (at + 1 < pattern.Length && pattern[at] == '-')
            {
                to = pattern[at + 1];
                at += 2;
            }

            step = step.With(Math.Min(from, to), Math.Max(from, to));
        }

        at = Math.Min(at + 1, pattern.Length);
        return negated ? new GlobStep(~step.low, ~step.high) : step;
    }

    private GlobStep With(byte from, byte to)
    {
        var (lower, upper) = (low, high);
        for (var value = (int)from; value <= to; value++)
        {
            var bit = UInt128.One << (value & 127);
            lower |= value < 128 ? bit : 0;
            upper |= value < 128 ? 0 : bit;
        }

        return new GlobStep(lower, upper);
    }
}
