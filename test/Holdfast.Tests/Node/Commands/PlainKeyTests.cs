using System.Text;
using Holdfast.Node;

namespace Holdfast.Tests.Node.Commands;

/// <summary>What other programs' keys are to Holdfast, and what they may not do to its own.</summary>
public sealed class PlainKeyTests(NodeHost host) : IClassFixture<NodeHost>
{
    [Fact]
    public async Task A_string_and_a_hash_are_records_that_Holdfast_reads()
    {
        using var client = host.Connect();
        client.Ask("SETEX", "sess:1", "100", "data");
        client.Ask("HSET", "cart:1", "sku", "2");
        var text = (await host.Engine.ReadAsync(new Address("key", "sess:1"), cancellationToken: TestContext.Current.CancellationToken)).Record!;
        Assert.Equal("data", text.Text("%value"));
        Assert.InRange(text.TimeToLive(TimeProvider.System)!.Value.TotalSeconds, 1, 100);
        Assert.Equal("2", (await host.Engine.ReadAsync(new Address("key", "cart:1"), cancellationToken: TestContext.Current.CancellationToken)).Record!.Text("sku"));
        Assert.Equal(["2"], (List<object?>)client.Ask("HMGET", host.Key("key/cart:1"), "sku")!);
        Assert.Equal("hash", client.Ask("TYPE", host.Key("key/sess:1")));
    }

    [Fact]
    public async Task What_Holdfast_commits_is_a_hash_to_others()
    {
        using var client = host.Connect();
        client.Ask(host.Set("key/theirs", "a", "1"));
        Assert.Equal(["a", "1"], (List<object?>)client.Ask("HGETALL", "theirs")!);
        Assert.Equal(1L, client.Ask("HSET", "theirs", "b", "2"));
        var record = (await host.Engine.ReadAsync(Address.Parse("key/theirs"), cancellationToken: TestContext.Current.CancellationToken)).Record!;
        Assert.Equal("2", record.Text("b"));
        Assert.True(record.Revision > record.Birth);
    }

    [Theory]
    [InlineData("user:1")]
    [InlineData("2~pinned")]
    [InlineData("")]
    [InlineData("a b/{c}%")]
    [InlineData("hf:x")]
    [InlineData("hf:@store")]
    [InlineData("own")]
    [InlineData("long")]
    public void A_key_that_is_taken_apart_names_what_it_names_however_it_is_read(string text)
    {
        var key = Encoding.UTF8.GetBytes(text switch { "own" => host.Key("cart/own"), "long" => new string('k', 201), _ => text });
        var found = new CommandKey(host.Node);
        found.Read(key);
        var expected = host.Node.Keys.Parse(key);
        Assert.Equal(expected, found.Parsed);
        Assert.Equal((expected.Kind, expected.Partition), (found.Kind, found.Partition));
        Assert.Equal(expected.Address.ToString(), Encoding.ASCII.GetString(found.Address));
        Assert.True(!found.NamesRecord || found.Hash == host.Engine.HashOf(found.Address));
        found.Forget();
        Assert.Equal((WireKeyKind.None, false), (found.Kind, found.NamesRecord));
    }

    [Theory]
    [InlineData("SET", "hf:x", "v")]
    [InlineData("SET", "hf:{0}:cart/u1", "v")]
    [InlineData("HSET", "hf:@store", "version", "2")]
    [InlineData("DEL", "mine", "hf:@store")]
    [InlineData("MSET", "mine", "v", "hf:x", "v")]
    [InlineData("EXPIRE", "hf:{0}:@head", "1")]
    public void Holdfasts_own_keys_are_not_written_by_others(params string[] command)
    {
        using var client = host.Connect();
        Assert.StartsWith("-HFARG keys that begin with 'hf:' are Holdfast's own", (string)client.Ask(command)!);
        Assert.Equal(0L, client.Ask("EXISTS", "mine"));
        Assert.Equal(1L, client.Ask("EXISTS", "hf:@store"));
    }

    [Fact]
    public void Holdfasts_own_keys_are_hashes_and_no_strings()
    {
        using var client = host.Connect();
        client.Ask(host.Set("cart/own", "a", "1"));
        Assert.StartsWith("-WRONGTYPE ", (string)client.Ask("GET", host.Key("cart/own"))!);
        Assert.Equal([null, null], (List<object?>)client.Ask("MGET", host.Key("cart/own"), "hf:nothing")!);
        Assert.Equal(["@rev", "@born", "a"], (List<object?>)client.Ask("HKEYS", host.Key("cart/own"))!);
        Assert.Null(client.Ask("GET", "hf:nothing"));
        Assert.Equal(1L, client.Ask("HEXISTS", host.Key("cart/own"), "@rev"));
    }

    [Fact]
    public void What_is_too_large_or_too_far_off_is_told_and_changes_nothing()
    {
        using var client = host.Connect();
        client.Ask("SET", "big", "small");
        var largest = new string('x', StateLimits.MaxRecordBytes - PlainRecord.ValueField.Length);
        Assert.Equal("OK", client.Ask("SET", "bigger", largest));
        Assert.Equal((long)largest.Length, client.Ask("STRLEN", "bigger"));
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask("SET", "big", largest + "x")!);
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask("APPEND", "bigger", "x")!);
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask("HSET", "hash", new string('n', 257), "v")!);
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask(["HSET", "hash", .. Enumerable.Range(0, 4097).SelectMany(static i => new[] { $"f{i}", "v" })])!);
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask("SET", "big", "x", "EX", "315705600")!);
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask("EXPIREAT", "big", "99999999999")!);
        Assert.StartsWith("-HFLIMIT ", (string)client.Ask("SCAN", "0", "MATCH", new string('*', 1025))!);
        Assert.Null(client.Ask("HGET", "hash", new string('n', 257)));
        Assert.Equal(0L, client.Ask("HDEL", "hash", new string('n', 257)));
        Assert.Equal(0L, client.Ask("EXISTS", "hash"));
        Assert.Equal("small", client.Ask("GET", "big"));
        Assert.Equal(-1L, client.Ask("TTL", "big"));
        client.Ask("DEL", "bigger");
    }

    [Fact]
    public void Commands_of_several_partitions_keep_their_place_among_the_others()
    {
        using var client = host.Connect();
        string[] keys = [.. Enumerable.Range(0, 200).Select(static i => $"many:{i}")];
        string[] set = ["MSET", .. keys.SelectMany(static key => new[] { key, "v" })];
        client.Send(set);
        client.Send("GET", "many:7");
        client.Send("SET", "many:7", "w");
        client.Send("MGET", "many:7", "many:8");
        client.Send(["DEL", .. keys]);
        client.Send("EXISTS", "many:7", "many:8");
        client.Send("GET", "many:7");
        Assert.Equal("OK", client.Read());
        Assert.Equal("v", client.Read());
        Assert.Equal("OK", client.Read());
        Assert.Equal(["w", "v"], (List<object?>)client.Read()!);
        Assert.Equal(200L, client.Read());
        Assert.Equal(0L, client.Read());
        Assert.Null(client.Read());
    }

    [Fact]
    public void More_than_a_commit_holds_is_set_in_several()
    {
        using var client = host.Connect();
        var value = new string('x', 900_000);
        string[] keys = [.. Enumerable.Range(0, 8).Select(static i => $"0~large:{i}")];
        Assert.Equal("OK", client.Ask(["MSET", .. keys.SelectMany(key => new[] { key, value })]));
        Assert.Equal(8L, client.Ask(["DEL", .. keys]));
    }

    [Fact]
    public void Counting_clients_lose_no_count()
    {
        const int clients = 4;
        const int counts = 100;
        Parallel.For(0, clients, _ =>
        {
            using var client = host.Connect();
            for (var i = 0; i < counts; i++)
            {
                client.Send("INCR", "counted");
                client.Send("HINCRBY", "counted:hash", "n", "2");
            }

            for (var i = 0; i < 2 * counts; i++)
            {
                Assert.IsType<long>(client.Read());
            }
        });
        using var reader = host.Connect();
        Assert.Equal($"{clients * counts}", reader.Ask("GET", "counted"));
        Assert.Equal($"{2 * clients * counts}", reader.Ask("HGET", "counted:hash", "n"));
    }

    [Theory]
    [InlineData("plain:1", "plain:1")]
    [InlineData("pl/ain \u00ff", "pl/ain \u00ff")]
    [InlineData("a key that is longer than an address may be, so that its record is found by a hash: ................................................................................................................................", null)]
    public void A_tracked_key_is_told_by_its_own_name(string key, string? told)
    {
        using var client = host.ConnectTracking();
        using var other = host.Connect();
        Assert.Null(client.Ask("GET", key));
        other.Ask("SET", key, "v");
        var push = (List<object?>)client.Read()!;
        Assert.Equal(">invalidate", push[0]);
        if (told is null)
        {
            Assert.Null(push[1]);
        }
        else
        {
            Assert.Contains(told, (List<object?>)push[1]!);
        }

        Assert.Equal("v", client.Ask("GET", key));
        other.Ask("EXPIRE", key, "100");
        Assert.Equal(">invalidate", ((List<object?>)client.Read()!)[0]);
    }

    [Fact]
    public void Every_key_has_an_address_of_its_own_from_which_it_is_read_back()
    {
        var random = new Random(4);
        var seen = new Dictionary<string, string>();
        for (var round = 0; round < 20_000; round++)
        {
            var key = new byte[random.Next(90)];
            random.NextBytes(key);
            for (var i = 0; i < key.Length; i += random.Next(1, 4))
            {
                key[i] = (byte)"%AF2/~"[random.Next(6)];
            }

            var address = PlainKey.AddressOf(key);
            Assert.Equal(address, Address.Parse(address.ToString()));
            var text = Encoding.Latin1.GetString(key);
            Assert.Equal(text, seen.GetValueOrDefault(address.ToString(), text));
            seen[address.ToString()] = text;
            Assert.Equal(PlainKey.IsHashedAddress(address) ? null : key, PlainKey.Decode(address));
        }
    }

    [Fact]
    public void Every_name_of_a_field_is_read_back()
    {
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            var name = new byte[random.Next(40)];
            for (var i = 0; i < name.Length; i++)
            {
                name[i] = random.Next(2) == 0 ? (byte)"%@aF2\u00c3\u00a4\u00ff"[random.Next(8)] : (byte)random.Next(256);
            }

            var field = PlainRecord.FieldOf(name);
            Assert.True(FieldName.IsValid(field));
            Assert.False(PlainRecord.IsOwn(field));
            Assert.Equal(name, PlainRecord.NameOf(field));
        }
    }
}
