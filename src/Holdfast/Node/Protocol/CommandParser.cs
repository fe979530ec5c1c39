using System.Buffers.Text;

namespace Holdfast.Node;

/// <summary>
/// Reads commands as RESP has them: <c>*N</c>, then N times <c>$length</c> and that many bytes, all lines ended by CR LF.
/// It keeps its place in an unfinished command, so every byte is looked at once however the network cuts them, and
/// allocates nothing once its list of ranges has grown. Offsets count from the command's first byte: the buffer may
/// move between calls, but must keep the unfinished command whole.
/// </summary>
internal sealed class CommandParser
{
    private const int MaxLengthLine = 32;
    private const int MaxInlineBytes = 64;
    private const int FewRanges = 16;

    /// <summary>What is kept for the next command.</summary>
    private const int MaxKeptRanges = 1024;

    private ArgumentRange[] ranges = new ArgumentRange[FewRanges];
    private int position;
    private int expected = -1;
    private int bulk = -1;

    /// <summary>How many arguments the command has; valid when it is complete.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes the command took; valid when it is complete.</summary>
    public int Consumed => position;

    /// <summary>How many bytes the command has at least, as far as is known.</summary>
    public int Needed => bulk < 0 ? position : position + bulk + 2;

    /// <summary>What is wrong with the bytes, for the client.</summary>
    public string? Problem { get; private set; }

    public ArgumentRange[] Ranges => ranges;

    /// <summary>Starts on the next command.</summary>
    public void Reset()
    {
        position = 0;
        expected = -1;
        bulk = -1;
        Count = 0;
        if (ranges.Length > MaxKeptRanges)
        {
            ranges = new ArgumentRange[FewRanges];
        }
    }

    /// <summary>Goes on with the command whose first byte is the buffer's first. An empty command is complete with no arguments.</summary>
    public ParseOutcome Parse(ReadOnlySpan<byte> buffer, in CommandLimits limits)
    {
        if (expected < 0)
        {
            if (buffer.IsEmpty)
            {
                return ParseOutcome.Incomplete;
            }

            if (buffer[0] != '*')
            {
                return ParseInline(buffer);
            }

            var outcome = ParseCount(buffer, limits);
            if (outcome != ParseOutcome.Complete)
            {
                return outcome;
            }
        }

        while (Count < expected)
        {
            var outcome = ParseArgument(buffer, limits);
            if (outcome != ParseOutcome.Complete)
            {
                return outcome;
            }
        }

        return ParseOutcome.Complete;
    }

    private ParseOutcome ParseCount(ReadOnlySpan<byte> buffer, in CommandLimits limits)
    {
        var outcome = ParseLength(buffer, "multibulk", out var count);
        if (outcome != ParseOutcome.Complete)
        {
            return outcome;
        }

        if (count > limits.MaxArguments)
        {
            return Fail(limits.IsAuthenticated ? "invalid multibulk length" : "unauthenticated multibulk length");
        }

        expected = (int)Math.Max(count, 0);
        return ParseOutcome.Complete;
    }

    private ParseOutcome ParseArgument(ReadOnlySpan<byte> buffer, in CommandLimits limits)
    {
        if (bulk < 0)
        {
            if (position >= buffer.Length)
            {
                return ParseOutcome.Incomplete;
            }

            if (buffer[position] != '$')
            {
                // A reply is a line.
                var found = (char)buffer[position] is var one && one is '\r' or '\n' ? ' ' : one;
                return Fail(found <= '\x7f' ? $"expected '$', got '{found}'" : "expected '$', got a byte beyond ASCII");
            }

            var outcome = ParseLength(buffer, "bulk", out var length);
            if (outcome != ParseOutcome.Complete)
            {
                return outcome;
            }

            if (length < 0 || length > limits.MaxArgumentBytes)
            {
                return Fail(limits.IsAuthenticated || length < 0 ? "invalid bulk length" : "unauthenticated bulk length");
            }

            if (position + length + 2 > limits.MaxCommandBytes)
            {
                return Fail($"a command has at most {limits.MaxCommandBytes} bytes");
            }

            bulk = (int)length;
        }

        return ParseBytes(buffer);
    }

    private ParseOutcome ParseBytes(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length - position < bulk + 2)
        {
            return ParseOutcome.Incomplete;
        }

        if (buffer[position + bulk] != '\r' || buffer[position + bulk + 1] != '\n')
        {
            return Fail("an argument does not end with CR LF where its length says");
        }

        if (Count == ranges.Length)
        {
            Array.Resize(ref ranges, ranges.Length * 2);
        }

        ranges[Count++] = new ArgumentRange(position, bulk);
        position += bulk + 2;
        bulk = -1;
        return ParseOutcome.Complete;
    }

    /// <summary>Reads the decimal number after the mark at the position, and moves behind its line.</summary>
    private ParseOutcome ParseLength(ReadOnlySpan<byte> buffer, string what, out long length)
    {
        var line = buffer[position..];
        if (TryShortLength(line, out length, out var taken))
        {
            position += taken;
            return ParseOutcome.Complete;
        }

        var end = line[..Math.Min(line.Length, MaxLengthLine)].IndexOf((byte)'\n');
        if (end < 0)
        {
            return line.Length >= MaxLengthLine ? Fail($"too big {(what == "bulk" ? what : "mbulk")} count string") : ParseOutcome.Incomplete;
        }

        var digits = end > 0 && line[end - 1] == '\r' ? line[1..Math.Max(end - 1, 1)] : default;
        if (!Utf8Parser.TryParse(digits, out length, out var used) || used != digits.Length || !IsCanonical(digits))
        {
            return Fail($"invalid {what} length");
        }

        position += end + 1;
        return ParseOutcome.Complete;
    }

    /// <summary>Whether a number is as Redis has it: without a plus or leading zeros.</summary>
    private static bool IsCanonical(ReadOnlySpan<byte> number) => number[0] is not (byte)'+' && (number is [(byte)'0'] || number.TrimStart((byte)'-')[0] != '0');

    /// <summary>A mark, one or two digits and the line's end: what nearly all lengths are.</summary>
    private static bool TryShortLength(ReadOnlySpan<byte> line, out long length, out int taken)
    {
        (length, taken) = (0, 0);
        if (line.Length < 5 || !char.IsAsciiDigit((char)line[1]))
        {
            return false;
        }

        length = line[1] - '0';
        taken = 4;
        if (char.IsAsciiDigit((char)line[2]) && length > 0)
        {
            length = (length * 10) + (line[2] - '0');
            taken = 5;
        }

        return taken == 4 ? line[2] == '\r' && line[3] == '\n' : line[3] == '\r' && line[4] == '\n';
    }

    /// <summary>
    /// One bare word is a command, as a health check by hand sends it (<c>PING</c>). More is refused: what else speaks
    /// in lines is a browser or a proxy that was sent here by someone else (HTTP on this port).
    /// </summary>
    private ParseOutcome ParseInline(ReadOnlySpan<byte> buffer)
    {
        var end = buffer[..Math.Min(buffer.Length, MaxInlineBytes)].IndexOf((byte)'\n');
        var line = end < 0 ? buffer : buffer[..end].TrimEnd((byte)'\r');
        foreach (var character in line)
        {
            if (!char.IsAsciiLetter((char)character) && !(end < 0 && character == '\r'))
            {
                return Fail("inline commands take no arguments here; send an array of bulk strings");
            }
        }

        if (end < 0)
        {
            return buffer.Length >= MaxInlineBytes ? Fail("too big inline request") : ParseOutcome.Incomplete;
        }

        position = end + 1;
        if (!line.IsEmpty)
        {
            ranges[Count++] = new ArgumentRange(0, line.Length);
        }

        return ParseOutcome.Complete;
    }

    private ParseOutcome Fail(string problem)
    {
        Problem = $"Protocol error: {problem}";
        return ParseOutcome.Failed;
    }
}
