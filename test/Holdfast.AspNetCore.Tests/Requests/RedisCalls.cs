using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>How many of Holdfast's functions a redis-server has run, by its own count.</summary>
internal static class RedisCalls
{
    private const string Count =
        "local t = 0; for n in string.gmatch(redis.call('INFO', 'commandstats'), 'cmdstat_fcall[^:]*:calls=(%d+)') do t = t + n end; return t";

    public static async Task<long> CountAsync(RedisServer redis) =>
        long.Parse((await redis.CommandAsync("EVAL", Count, "0")).TrimStart(':'), CultureInfo.InvariantCulture);
}
