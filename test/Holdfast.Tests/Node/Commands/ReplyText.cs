using System.Globalization;

namespace Holdfast.Tests.Node.Commands;

/// <summary>A reply as text, its kinds included, in which what has no order is sorted.</summary>
internal static class ReplyText
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    /// <summary>Reads the reply to a command.</summary>
    public static string Of(string[] command, RawClient client)
    {
        var parts = client.ReadParts();
        return command[0].ToUpperInvariant() switch
        {
            "HKEYS" or "HVALS" when parts is [_, _, ..] => Sorted(parts, 1, 1),
            "HGETALL" when parts is [_, _, ..] => Sorted(parts, 1, 2),
            "HSCAN" when parts is [_, _, _, ..] => Sorted(parts, 3, 2),
            "SCAN" when parts is [_, _, _, ..] => Sorted(parts, 3, 1),
            _ => string.Join(' ', parts),
        };
    }

    /// <summary>Whether the replies are the same; times may differ a little.</summary>
    public static bool AreAlike(string command, string expected, string answered) =>
        expected == answered
        || (command.ToUpperInvariant() is "PTTL" or "PEXPIRETIME" or "TTL" or "EXPIRETIME"
            && Number(expected) is > 0 and var one && Number(answered) is > 0 and var other
            && Math.Abs(one - other) <= ClockTolerance.TotalMilliseconds / (command.StartsWith("P", StringComparison.OrdinalIgnoreCase) ? 1 : 1000));

    private static long Number(string reply) =>
        reply[0] == ':' && long.TryParse(reply.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static string Sorted(List<string> parts, int first, int group) =>
        string.Join(' ', parts.Take(first).Concat(parts.Skip(first).Chunk(group).Select(static chunk => string.Join(' ', chunk)).Order(StringComparer.Ordinal)));
}
