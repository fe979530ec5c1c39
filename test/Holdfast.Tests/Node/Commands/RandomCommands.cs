using System.Globalization;

namespace Holdfast.Tests.Node.Commands;

/// <summary>
/// Draws commands from a grammar: mostly such as make sense, of few keys, so that they meet; and some with a wrong number of arguments, a
/// foreign option or a number that is none. Expiries lie far ahead or in the past, as the clocks of two servers differ.
/// </summary>
internal sealed class RandomCommands(int seed)
{
    public static readonly string[] Keys = ["a", "b", "c", "d", "e", "{x}y", "key with spaces", "\u00ff\0\r\n"];

    private static readonly string[] Fields = ["f", "g", "@h", "%", "", "\u0080"];
    private static readonly string[] Values = ["", "v", "10", "-3", "007", "9223372036854775807", "9223372036854775808", "1.5", " 1", "\r\n", "some longer text"];
    private static readonly string[] Numbers = ["1", "-1", "0", "5", "9223372036854775807", "-9223372036854775808", "x", "", "1.0", "+1", "01"];
    private static readonly string[] OddTimes = ["0", "-1", "x", "", "9223372036854775807"];
    private static readonly string[] Options = ["NX", "XX", "GT", "LT", "GET", "KEEPTTL", "PERSIST", "EX", "PX", "nx", "xx", "nonsense"];

    /// <summary>What each command takes: k a key, f a field, v a value, n a number, t a time ahead, o an option; + repeats what is before it.</summary>
    private static readonly string[] Grammar =
    [
        "GET k", "STRLEN k", "TYPE k", "TTL k", "EXISTS k+", "TOUCH k+", "MGET k+", "GETDEL k", "GETSET k v", "APPEND k v", "SETNX k v",
        "SET k v", "SET k v", "SET k v o", "SET k v EX t", "SET k v PX t", "SET k v EX t o", "SET k v o o", "SETEX k t v", "PSETEX k t v",
        "GETEX k", "GETEX k o", "GETEX k EX t", "INCR k", "DECR k", "INCRBY k n", "DECRBY k n", "MSET kv+",
        "HSET k fv+", "HSET k fv+", "HMSET k fv+", "HSETNX k f v", "HGET k f", "HMGET k f+", "HGETALL k", "HKEYS k", "HVALS k", "HLEN k",
        "HSTRLEN k f", "HEXISTS k f", "HDEL k f+", "HINCRBY k f n", "HSCAN k 0", "HSCAN k 0 MATCH v",
        "DEL k+", "UNLINK k+", "EXPIRE k t", "EXPIRE k t o", "EXPIRE k t o o", "PEXPIRE k t", "PERSIST k", "SCAN 0 COUNT 1000", "SCAN 0 COUNT 1000 TYPE string",
        "PING", "PING v", "ECHO v", "SELECT 0", "EXPIRE k", "SETEX k t", "HSET k f", "GET", "HINCRBY k f", "nonsense n n",
    ];

    private readonly Random random = new(seed);

    public string[] Next()
    {
        var words = Pick(Grammar).Split(' ');
        List<string> command = [words[0]];
        foreach (var word in words.Skip(1))
        {
            Add(command, word);
        }

        if (random.Next(40) == 0)
        {
            command.Add(Pick(Options));
        }
        else if (random.Next(60) == 0 && command.Count > 1)
        {
            command.RemoveAt(command.Count - 1);
        }

        return [.. command];
    }

    private void Add(List<string> command, string word)
    {
        var times = word.EndsWith('+') ? 1 + random.Next(4) : 1;
        for (var i = 0; i < times; i++)
        {
            foreach (var kind in word.All(char.IsAsciiLetterLower) || word.EndsWith('+') ? word.TrimEnd('+') : "=")
            {
                command.Add(kind switch
                {
                    'k' => Pick(Keys),
                    'f' => Pick(Fields),
                    'v' => Pick(Values),
                    'n' => Pick(Numbers),
                    't' => random.Next(4) == 0 ? Pick(OddTimes) : Ahead(),
                    'o' => Pick(Options),
                    _ => word,
                });
            }
        }
    }

    /// <summary>Far enough ahead, and far enough from all others, that what two servers compare with it comes out the same.</summary>
    private string Ahead() => (100_000 + (5000 * random.Next(1000))).ToString(CultureInfo.InvariantCulture);

    private string Pick(string[] words) => words[random.Next(words.Length)];
}
