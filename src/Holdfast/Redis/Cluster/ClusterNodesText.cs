using System.Globalization;

namespace Holdfast.Redis;

/// <summary>
/// What <c>CLUSTER NODES</c> answers: a line for each node, <c>id host:port@busport[,hostname] flags primary ping pong
/// epoch state slot…</c>, where a slot is <c>n</c>, <c>n-m</c>, or in brackets one that is moving. It is asked rather
/// than <c>CLUSTER SHARDS</c> because it tells the epochs, which say whose claim is newer.
/// </summary>
internal static class ClusterNodesText
{
    private const int PartsBeforeSlots = 8;

    /// <summary>The primaries in it, but for those that have failed and have no slots: what they had, others have by now.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="asked">Whom it is from: a node may not know its own address.</param>
    /// <param name="isTls">Whether names are preferred over addresses, as certificates have names.</param>
    public static IReadOnlyList<ClusterPrimary> PrimariesIn(string text, RedisPlace asked, bool isTls)
    {
        var primaries = new List<ClusterPrimary>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = line.Split(' ');
            if (parts.Length < PartsBeforeSlots)
            {
                throw new FormatException("CLUSTER NODES answered a line that is too short.");
            }

            var flags = parts[2].Split(',');
            if (flags.Contains("master") && !flags.Contains("noaddr") && !flags.Contains("handshake") && PlaceIn(parts[1], asked, isTls) is { } place)
            {
                var epoch = long.Parse(parts[6], CultureInfo.InvariantCulture);
                var primary = new ClusterPrimary(place, epoch, [.. parts.Skip(PartsBeforeSlots).Where(static slot => slot[0] != '[').Select(RangeIn)]);
                if (primary.Slots.Count > 0 || !flags.Contains("fail"))
                {
                    primaries.Add(primary);
                }
            }
        }

        return primaries;
    }

    private static RedisPlace? PlaceIn(string text, RedisPlace asked, bool isTls)
    {
        var names = text.Split(',');
        var place = names[0].Split('@')[0];
        var colon = place.LastIndexOf(':');
        var host = isTls && names.Length > 1 && names[1].Length > 0 && !names[1].Contains('=', StringComparison.Ordinal) ? names[1] : place[..colon].Trim('[', ']');
        return int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new RedisPlace(host.Length == 0 ? asked.Host : host, port)
            : null;
    }

    private static (int First, int Last) RangeIn(string text)
    {
        var parts = text.Split('-');
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[^1], CultureInfo.InvariantCulture));
    }
}
