using System.Globalization;

namespace Holdfast.Tests.Node;

public class NodeTrackingTests(NodeHost host) : IClassFixture<NodeHost>
{
    /// <summary>Where <see cref="NodeHost.Set"/> has the record's marks.</summary>
    private const int MarksOfTheRecord = 10;

    [Theory]
    [InlineData("hf1_read")]
    [InlineData("HGETALL")]
    [InlineData("HGET")]
    [InlineData("EXISTS")]
    [InlineData("PTTL")]
    public void A_key_that_was_read_is_told_once(string by)
    {
        var address = $"told/{by}".ToLowerInvariant().Replace('_', '-');
        using var reader = host.ConnectTracking();
        using var writer = host.Connect();
        reader.Ask(by switch
        {
            "hf1_read" => host.Read(address),
            "HGET" => ["HGET", host.Key(address), "n"],
            _ => [by, host.Key(address)],
        });
        writer.Ask(host.Set(address, "n", "1"));
        writer.Ask(host.Set(address, "n", "2"));
        Assert.Contains(host.Key(address), PushesUntilPong(reader));
        writer.Ask(host.Set(address, "n", "3"));
        Assert.DoesNotContain(host.Key(address), PushesUntilPong(reader));
    }

    [Fact]
    public async Task A_change_made_in_the_process_and_an_expiry_are_told_too()
    {
        using var reader = host.ConnectTracking();
        reader.Ask("HGETALL", host.Key("told/inside"));
        await host.Engine.CommitAsync(new Commit(RecordChange.Update(Address.Parse("told/inside")).Set("a", "1")));
        Assert.Equal(Push(host.Key("told/inside")), reader.Read());

        // Its own commit leaves the record tracked, however soon it expires.
        string[] expiring = [.. host.Set("told/expired")[..MarksOfTheRecord], "U>S", "50", "a", "1"];
        Assert.Equal("ok", ((List<object?>)reader.Ask(expiring)!)[0]);
        Assert.Equal(Push(host.Key("told/expired")), reader.Read());
        Assert.Equal(0L, reader.Ask("EXISTS", host.Key("told/expired")));
    }

    [Fact]
    public void What_a_connection_changes_itself_stays_tracked_and_is_not_told_to_it()
    {
        using var one = host.ConnectTracking();
        using var other = host.ConnectTracking();
        one.Ask(host.Set("told/own", "n", "1"));
        one.Ask(host.Set("told/own", "n", "2"));
        Assert.Empty(PushesUntilPong(one));
        other.Ask(host.Set("told/own", "n", "3"));
        Assert.Equal([host.Key("told/own")], PushesUntilPong(one));
    }

    [Fact]
    public void A_touch_and_a_removal_are_told()
    {
        using var reader = host.ConnectTracking();
        using var writer = host.Connect();
        var key = host.Key("told/touched");
        var set = host.Set("told/touched", "n", "1");
        writer.Ask(set);
        reader.Ask("EXISTS", key);
        string[] head = [.. set[..MarksOfTheRecord]];
        Assert.Equal("ok", ((List<object?>)writer.Ask([.. head, "K>", "60000"])!)[0]);
        Assert.Equal([key], PushesUntilPong(reader));
        Assert.InRange((long)reader.Ask("PTTL", key)!, 1, 60000);
        Assert.Equal("ok", ((List<object?>)writer.Ask([.. head, "D="])!)[0]);
        Assert.Equal([key], PushesUntilPong(reader));
        Assert.Equal(0L, reader.Ask("EXISTS", key));
    }

    [Fact]
    public async Task No_reply_tells_a_revision_before_the_changes_that_it_includes_were_told()
    {
        using var reader = host.ConnectTracking();
        const int Changes = 400;
        var address = Address.Parse("ordered/k");
        var key = host.Key("ordered/k");
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Changes; i++)
            {
                await host.Engine.CommitAsync(new Commit(RecordChange.Update(address).Add("n", 1)) { Durability = Durability.Written });
            }
        });

        // What a near cache holds, taken from the connection in order. Sent without waiting, mixed with commits of its own.
        long cached = -1, pending = 0;
        while (!writing.IsCompleted || pending > 0)
        {
            if (pending < 20 && !writing.IsCompleted)
            {
                reader.Send(host.Read("ordered/k"));
                reader.Send(host.Set("ordered/k", "mine", "1"));
                reader.Send(["FCALL_RO", "hf1_read", "1", host.HeadKey("ordered/k")]);
                pending += 3;
                continue;
            }

            var reply = (List<object?>)reader.Read()!;
            if (reply[0] is ">invalidate")
            {
                cached = ((List<object?>)reply[1]!).Contains(key) ? -1 : cached;
                continue;
            }

            pending--;
            var revision = (long)reply[2]!;
            var record = reply.Count == 4 ? reply[3] as List<object?> : null;
            record = record is [List<object?> inner] ? inner : record;
            if (record is not null)
            {
                cached = long.Parse((string)((List<object?>)record[1]!)[1]!, CultureInfo.InvariantCulture);
                Assert.Equal(revision, cached);
            }
            else if (cached >= 0)
            {
                // Every commit of this partition changes the record: what is held must be the newest of its moment.
                Assert.Equal(revision, cached);
            }
        }

        await writing;
    }

    [Fact]
    public async Task Beyond_its_bound_a_client_is_told_to_forget_everything()
    {
        var small = new NodeHost { Options = new() { MaxTrackedKeysPerClient = 10 } };
        await small.InitializeAsync();
        await using var disposing = small;
        using var reader = small.ConnectTracking();
        for (var i = 0; i < 10; i++)
        {
            reader.Ask("EXISTS", small.Key($"many/u{i}"));
        }

        Assert.Equal([">invalidate", null], (List<object?>)reader.Ask("EXISTS", small.Key("many/u10"))!);
        Assert.Equal(0L, reader.Read());
        using var writer = small.Connect();
        writer.Ask(small.Set("many/u10", "a", "1"));
        Assert.Equal([small.Key("many/u10")], PushesUntilPong(reader));
    }

    [Theory]
    [InlineData("BCAST")]
    [InlineData("OPTIN")]
    [InlineData("REDIRECT", "1")]
    [InlineData("PREFIX", "a")]
    public void Other_ways_of_tracking_are_refused(params string[] options)
    {
        using var client = host.Connect();
        Assert.StartsWith("-ERR CLIENT TRACKING needs RESP3", (string)client.Ask("CLIENT", "TRACKING", "ON")!);
        client.Ask("HELLO", "3");
        Assert.StartsWith("-ERR CLIENT TRACKING takes", (string)client.Ask(["CLIENT", "TRACKING", "ON", .. options])!);
    }

    private static List<object?> Push(string key) => [">invalidate", new List<object?> { key }];

    /// <summary>The keys told until now: a push for what happened before stands before the answer to PING.</summary>
    private static List<string> PushesUntilPong(RawClient client)
    {
        var told = new List<string>();
        client.Send("PING");
        while (client.Read() is List<object?> push)
        {
            told.AddRange(((List<object?>)push[1]!).Cast<string>());
        }

        return told;
    }
}
