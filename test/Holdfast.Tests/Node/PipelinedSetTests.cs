using System.Globalization;
using Holdfast.Tests.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

/// <summary>SETs of a pipeline that follow each other are made together: what is told of each, and what is left of it, is as if they had come alone.</summary>
public sealed class PipelinedSetTests
{
    private static readonly StateNodeOptions Written = new() { Durability = Durability.Written };

    [Theory]
    [InlineData(Durability.Written)]
    [InlineData(Durability.Synced)]
    public async Task Each_is_made_in_its_turn_those_of_one_key_too_and_what_comes_between_sees_those_before_it(Durability durability)
    {
        await using var host = await StartAsync(new() { Durability = durability });
        using var client = host.Connect();
        var (replies, values) = (new List<object?>(), new Dictionary<string, string>());
        var sent = new MemoryStream();
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            // Keys come twice in many of the runs, and as many others only once.
            var key = $"k{random.Next(random.Next(2) == 0 ? 4 : 400)}";
            if (random.Next(8) == 0)
            {
                sent.Write(RawClient.Bytes("GET", key));
                replies.Add(values.GetValueOrDefault(key));
            }
            else
            {
                values[key] = Number(i);
                sent.Write(RawClient.Bytes("SET", key, values[key]));
                replies.Add("OK");
            }
        }

        client.Send(sent.ToArray());
        Assert.All(replies, reply => Assert.Equal(reply, client.Read()));
        Assert.All(values, pair => Assert.Equal(pair.Value, client.Ask("GET", pair.Key)));
        Assert.Equal((long)values.Count, client.Ask("DBSIZE"));
    }

    [Fact]
    public async Task One_that_is_refused_keeps_none_of_the_others_from_being_made()
    {
        await using var host = await StartAsync(Written, PatientOptions.Default with { MaxMemoryBytes = StateEngineOptions.MinMaxMemoryBytes });
        using var client = host.Connect();
        var large = new string('x', 300_000);
        for (var i = 0; client.Ask("SET", $"fill{i}", large) is "OK"; i++)
        {
        }

        Assert.Equal(1L, client.Ask("HSET", "h", "f", "v"));
        var keys = new[] { "a", "b", "hf:own", "h", "c", "too", "d", new string('k', 2000), "e" };
        client.Send([.. keys.SelectMany(static (key, index) => RawClient.Bytes("SET", key, key == "too" ? new string('x', 300_000) : Number(index)))]);
        foreach (var key in keys)
        {
            var reply = Assert.IsType<string>(client.Read());
            Assert.StartsWith(key switch { "too" => "-HFFULL", "hf:own" => "-HFARG", _ => "OK" }, reply);
        }

        Assert.All(keys.Index(), item => Assert.Equal(item.Item is "too" or "hf:own" ? null : Number(item.Index), client.Ask("GET", item.Item)));
    }

    [Fact]
    public async Task When_the_disk_is_full_each_is_told_so_and_is_not_made_or_is_made_and_told_so()
    {
        using var disk = new LoopDisk(megabytes: 24);
        var data = Path.Combine(disk.Folder, "data");
        string[] known = [.. Enumerable.Range(0, 30).Select(static i => $"k{i % 20}")];
        Dictionary<string, string?> values = [];
        StoreCopy crashed;
        await using (var host = await StartAsync(Written, folder: data))
        {
            using var client = host.Connect();
            int Send(char value)
            {
                // Some are new each time, and come twice.
                string[] keys = [.. known, .. Enumerable.Range(0, 10).Select(i => $"{value}{i % 7}")];
                var strings = keys.Select((_, index) => new string(value, 1000 + index)).ToArray();
                client.Send([.. keys.SelectMany((key, index) => RawClient.Bytes("SET", key, strings[index]))]);
                var refused = 0;
                foreach (var (index, key) in keys.Index())
                {
                    var reply = Assert.IsType<string>(client.Read());
                    refused += reply == "OK" ? 0 : 1;
                    Assert.True(reply == "OK" || reply.StartsWith("-HFFULL", StringComparison.Ordinal), reply);
                    values[key] = reply == "OK" ? strings[index] : values.GetValueOrDefault(key);
                }

                Assert.All(values, pair => Assert.Equal(pair.Value, client.Ask("GET", pair.Key)));
                return refused;
            }

            Assert.Equal(0, Send('a'));
            using (disk.Fill())
            {
                Assert.True(Send('b') + Send('c') > 0, "The disk had room.");
            }

            Assert.Equal(0, Send('d'));
            client.Send([.. RawClient.Bytes("SET", "k0", "e"), .. RawClient.Bytes("SET", "new", "f")]);
            (values["k0"], values["new"]) = ("e", "f");
            Assert.Equal("OK", client.Read());
            Assert.Equal("OK", client.Read());
            crashed = new StoreCopy(data).Copy();
        }

        using var image = crashed;
        await using var again = await StartAsync(Written, folder: image.Folder);
        using var reader = again.Connect();
        Assert.All(values, pair => Assert.Equal(pair.Value, reader.Ask("GET", pair.Key)));
    }

    [Fact]
    public async Task What_several_clients_give_the_same_keys_is_seen_in_one_order_and_found_again()
    {
        const int writers = 3;
        const int rounds = 150;
        string[] keys = [.. Enumerable.Range(0, 12).Select(static i => $"k{i}")];
        using var store = new StoreCopy();
        Dictionary<string, string> last = [];
        StoreCopy crashed;
        await using (var host = await StartAsync(Written, folder: store.Folder))
        {
            var writing = Enumerable.Range(0, writers).Select(writer => Task.Run(() => Write(host, writer))).ToArray();
            using var reader = host.Connect();
            var seen = new Dictionary<(string Key, char Writer), int>();
            while (!Array.TrueForAll(writing, static task => task.IsCompleted))
            {
                foreach (var key in keys)
                {
                    if (reader.Ask("GET", key) is string value)
                    {
                        var number = int.Parse(value.AsSpan(1), CultureInfo.InvariantCulture);
                        Assert.True(number >= seen.GetValueOrDefault((key, value[0])), $"{key} went back to {value}.");
                        seen[(key, value[0])] = number;
                    }
                }
            }

            await Task.WhenAll(writing);
            foreach (var key in keys)
            {
                last[key] = (string)reader.Ask("GET", key)!;
            }

            crashed = store.Copy();
        }

        using (crashed)
        await using (var again = await StartAsync(Written, folder: crashed.Folder))
        {
            using var reader = again.Connect();
            Assert.All(last, pair => Assert.Equal(pair.Value, reader.Ask("GET", pair.Key)));

            // Whoever came last to a key, it was with the last value.
            Assert.All(last, static pair => Assert.EndsWith(Number(rounds - 1), pair.Value));
        }

        void Write(NodeHost host, int writer)
        {
            using var client = host.Connect();
            for (var round = 0; round < rounds; round++)
            {
                var value = (char)('a' + writer) + Number(round);
                client.Send([.. keys.Concat(keys.Reverse()).SelectMany(key => RawClient.Bytes("SET", key, value))]);
                for (var i = 0; i < 2 * keys.Length; i++)
                {
                    Assert.Equal("OK", client.Read());
                }
            }
        }
    }

    private static async Task<NodeHost> StartAsync(StateNodeOptions options, StateEngineOptions? engine = null, string? folder = null)
    {
        var host = new NodeHost { Options = options, EngineOptions = engine ?? PatientOptions.Default, DataFolder = folder };
        await host.InitializeAsync();
        return host;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
