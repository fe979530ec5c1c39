namespace Holdfast.Tests.Node.Commands;

/// <summary>
/// The commands for other programs' keys, each as a real redis-server answers it: kind of reply, words of errors and
/// effect, in both protocols.
/// </summary>
public sealed class CommandTwinTests(Twins twins) : IClassFixture<Twins>
{
    private static readonly string Binary = new([.. Enumerable.Range(0, 256).Select(static code => (char)code)]);

    public static TheoryData<string, string> Scripts => new()
    {
        { "get and set", "SET k v;GET k;SET k w;GET k;GET nothing;STRLEN k;STRLEN nothing;TYPE k;TYPE nothing;SET k;GET;GET a b;STRLEN;SET k v x" },
        { "set under conditions", "SET k v XX;SET k v NX;SET k w NX;GET k;SET k x XX;GET k;SET k y NX GET;SET k y XX GET;GET k;SET n v NX GET;GET n;SET k v NX XX;SET k v XX NX;set k z get;SET m q XX GET;GET m" },
        { "set with an expiry", "SET k v EX 100;TTL k;SET k v PX 100000;PTTL k;SET k v KEEPTTL;TTL k;SET k w;TTL k;SET k v EX 0;SET k v EX -1;SET k v EX x;SET k v PX 0;SET k v EX;SET k v EX 9223372036854775807;SET k v EXAT 1;GET k;SET k v PXAT 1;EXISTS k;SET k v EXAT 0;SET k v EX 5 PX 5;SET k v EX 5 EX 100;TTL k;SET k v KEEPTTL EX 5;SET k v EX 5 KEEPTTL;SET k v PERSIST;SET k v NX EX 5;SET k v XX EX 70;TTL k;SET k v ex 50 get;TTL k;SET h v EX 0 NX XX" },
        { "setex and its kin", "SETEX k 100 v;TTL k;GET k;SETEX k 0 v;SETEX k -5 v;SETEX k x v;SETEX k 100;PSETEX k 100000 v;TTL k;PSETEX k 0 v;SETNX k v;SETNX n v;GET n;GETSET k w;GET k;TTL k;GETSET m v;GETSET k;SETNX k;SETEX k 9223372036854775 v" },
        { "getdel and getex", "SET k v;GETDEL k;GETDEL k;GET k;SET k v;GETEX k;TTL k;GETEX k EX 100;TTL k;GETEX k PX 100000;TTL k;GETEX k PERSIST;TTL k;GETEX k EX 0;GETEX k EX x;GETEX nothing EX x;GETEX k EX;GETEX k NX;GETEX k KEEPTTL;GETEX k EX 5 PERSIST;GETEX k PERSIST EX 5;GETEX k EXAT 1;GET k;GETEX k;GETDEL;GETEX" },
        { "append", "APPEND k ab;APPEND k cd;GET k;APPEND k ;STRLEN k;EXPIRE k 100;APPEND k e;TTL k;APPEND e ;EXISTS e;GET e;APPEND k" },
        { "count", "INCR k;INCR k;INCRBY k 40;DECR k;DECRBY k 50;GET k;INCRBY k x;INCRBY k 1.5;DECRBY k -9223372036854775808;SET k 9223372036854775807;INCR k;DECR k;SET k -9223372036854775808;DECR k;GET k;SET k abc;INCR k;SET k 01;INCR k;SET k +1;INCR k;SET k -0;INCR k;SET k ;INCR k;SETEX k 100 5;INCR k;TTL k;INCRBY k;DECRBY k -5;GET k;INCRBY k 9223372036854775808;INCR" },
        { "many", "MSET a 1 b 2 c 3;MGET a b c nothing;MSET a 1 b;MSET a 9 a 8;GET a;HSET h f v;MGET a h b;MSET;MGET;MSET a;EXISTS a b c nothing a;TOUCH a nothing h;DEL a a b nothing;EXISTS a b c;UNLINK c h nothing;EXISTS c h;DEL;UNLINK;EXISTS;SETEX a 100 x;MSET a y;TTL a;MSET h q;TYPE h" },
        { "expire", "EXPIRE nothing 100;SET k v;EXPIRE k 100;TTL k;PEXPIRE k 200000;TTL k;PERSIST k;PERSIST k;TTL k;PERSIST nothing;EXPIRE k -1;EXISTS k;SET k v;EXPIREAT k 1;EXISTS k;SET k v;PEXPIREAT k 1;GET k;SET k v;EXPIRE k x;EXPIRE k 9223372036854775807;EXPIRE k;PEXPIRE k 9223372036854775807;EXPIRE k 100 YY;EXPIRE k -9223372036854775808;EXISTS k;SET k v;EXPIREAT k -9223372036854775;EXISTS k;SET k v;PEXPIREAT k -9223372036854775808;EXISTS k" },
        { "expire under conditions", "SET k v;EXPIRE k 100 XX;EXPIRE k 100 GT;TTL k;EXPIRE k 100 NX;EXPIRE k 200 NX;TTL k;EXPIRE k 50 GT;EXPIRE k 200 GT;TTL k;EXPIRE k 300 LT;EXPIRE k 100 LT;TTL k;EXPIRE k 150 XX;TTL k;PERSIST k;EXPIRE k 77 LT;TTL k;EXPIRE k 5 NX XX;EXPIRE k 5 NX GT;EXPIRE k 5 GT LT;EXPIRE k 5 XX LT;TTL k;EXPIRE k 500 xx gt;TTL k;EXPIRE k 5 NX YY;EXPIRE nothing x NX XX;EXPIRE k -1 GT;EXISTS k;EXPIRE k -1 LT;EXISTS k" },
        { "when it expires", "SET k v;EXPIRETIME k;PEXPIRETIME k;EXPIRETIME nothing;PEXPIRETIME nothing;TTL nothing;PTTL nothing;TTL k;PTTL k;EXPIRE k 100;EXPIRETIME k;PEXPIRETIME k;PTTL k;TTL;PTTL;EXPIRETIME;PEXPIRETIME a b" },
        { "hash", "HSET h a 1 b 2;HGET h a;HGET h x;HGET nothing a;HSET h a 9 c 3;HGETALL h;HGETALL nothing;HLEN h;HLEN nothing;HMGET h a x b;HMGET nothing a b;HEXISTS h a;HEXISTS h x;HKEYS h;HVALS h;HKEYS nothing;HSTRLEN h a;HSTRLEN h x;HSETNX h a 5;HSETNX h n 5;HSET h a;HSET h a 1 b;HMSET h a 1;HMSET h a 1 b;HSET h;TYPE h;HSET h a 1 a 2;HGET h a;HSET n x 1 x 2;HLEN n" },
        { "hash without fields", "HSET h a 1 b 2;HDEL h a x a;HDEL h b;EXISTS h;HDEL h b;HDEL nothing a;HDEL h;HSET h a 1;EXPIRE h 100;HSET h b 2;TTL h;HDEL h a;TTL h" },
        { "hash that counts", "HINCRBY h n 5;HINCRBY h n -7;HGET h n;HSET h s abc;HINCRBY h s 1;HINCRBY h n x;HINCRBY h n 9223372036854775807;HINCRBY h n 9223372036854775807;HINCRBY h n 1.0;HINCRBY h n;HSET h z 00;HINCRBY h z 1" },
        { "hash that is scanned", "HSET h aa 1 ab 2 b 3;HSCAN h 0;HSCAN h 0 MATCH a*;HSCAN h 0 COUNT 1000;HSCAN nothing 0;HSCAN h x;HSCAN h 0 COUNT 0;HSCAN h 0 COUNT x;HSCAN h 0 MATCH;HSCAN h 0 NOPE x;HSCAN nothing 0 NOPE;HSCAN h 0 TYPE hash;HSCAN h;SET k v;HSCAN k 0;HSCAN nothing x" },
        { "wrong type for a string", "HSET h f v;GET h;STRLEN h;APPEND h x;INCR h;DECRBY h 5;GETSET h x;GETDEL h;GETEX h;SET h x GET;HGET h f;SET h x NX;SETNX h x;EXPIRE h 100;SET h x;TYPE h;TTL h;GET h" },
        { "wrong type for a hash", "SET k v;HGET k f;HSET k f v;HSETNX k f v;HMSET k f v;HDEL k f;HLEN k;HGETALL k;HMGET k f;HEXISTS k f;HKEYS k;HVALS k;HINCRBY k f 1;HSTRLEN k f;HINCRBY k f x;GET k" },
        { "scan", "SET a 1;SET b 2;HSET h f v;SCAN 0 COUNT 1000;SCAN 0 COUNT 1000 TYPE string;SCAN 0 COUNT 1000 TYPE hash;SCAN 0 COUNT 1000 TYPE HASH;SCAN 0 COUNT 1000 TYPE list;SCAN 0 COUNT 1000 MATCH [ab];SCAN 0 COUNT 1000 MATCH zz*;SCAN 0 COUNT 1000 TYPE string MATCH a;SCAN 0 TYPE;SCAN 0 COUNT 0" },
        { "unknown", "INCRBYFLOAT k 1;HINCRBYFLOAT h f 1;LPUSH l a;SADD s a;ZADD z 1 a;EVAL x 0 y" },
        { "words in any case", "set K v;GeT K;type K;hset h f v;hgetall h;DEL K;Expire h 100;tTl h" },
        { "ping and echo", "PING;PING a;ECHO a;ECHO;SELECT 0;DBSIZE x" },
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Commands_are_answered_as_by_a_redis_server(string name, string script)
    {
        Assert.NotEmpty(name);
        string[][] commands = [.. script.Split(';').Select(static command => command.Split(' '))];
        var isUnknown = name == "unknown";
        foreach (var protocol in (int[])[2, 3])
        {
            using var clients = twins.Connect(protocol);
            clients.Empty("a", "b", "c", "e", "h", "k", "K", "m", "n");
            if (!isUnknown)
            {
                clients.AnswerAlike(commands);
            }
            else
            {
                clients.OursAreUnknown(commands);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("%value")]
    [InlineData("@rev")]
    [InlineData("a/b{c}%41 \r\n*1\r\n")]
    [InlineData("k\u00e4se")]
    [InlineData("2a~pinned")]
    [InlineData("*")]
    [InlineData("hf;")]
    public void Keys_fields_and_values_are_any_bytes(string text)
    {
        foreach (var bytes in (string[])[text, text + Binary, text + new string('x', 190), text + new string('\0', 100)])
        {
            using var clients = twins.Connect(3);
            clients.Empty(bytes, "h", "k");
            clients.AnswerAlike([["SET", bytes, bytes], ["GET", bytes], ["EXISTS", bytes], ["SCAN", "0", "COUNT", "1000"], ["INCR", bytes], ["DEL", bytes], ["GET", bytes]]);
            clients.AnswerAlike([["HSET", bytes, "f", bytes], ["HGETALL", bytes], ["SCAN", "0", "COUNT", "1000", "TYPE", "hash"], ["SET", bytes, "v"], ["GET", bytes], ["UNLINK", bytes]]);
            var field = bytes[..Math.Min(bytes.Length, 80)];
            clients.AnswerAlike([["HSET", "h", field, "v"], ["HSET", "h", field, "w", "", "e"], ["HGETALL", "h"], ["HGET", "h", field], ["HMGET", "h", field, ""], ["HSCAN", "h", "0"], ["HKEYS", "h"], ["HINCRBY", "h", field, "1"], ["HDEL", "h", field, ""], ["EXISTS", "h"]]);
        }
    }

    [Fact]
    public void Keys_that_look_alike_are_different_keys()
    {
        string[] keys = ["%", "%%", "", "a%", "a%25", "a%2525", "a/b", "a%2Fb", "a%2fb", "%value", "%key", new string('/', 66), new string('/', 67), new string('/', 68)];
        using var clients = twins.Connect(3);
        clients.Empty(keys);
        clients.AnswerAlike([.. keys.Select(static (key, i) => new[] { "SET", key, $"{i}" }), .. keys.Select(static key => new[] { "GET", key }), ["SCAN", "0", "COUNT", "1000"], ["DEL", .. keys]]);
    }
}
