namespace Holdfast.Tests.Node;

public class NodeRecordTests(NodeHost host) : IClassFixture<NodeHost>
{
    [Fact]
    public void A_record_reads_as_a_plain_hash()
    {
        using var client = host.Connect();
        var made = (List<object?>)client.Ask(host.Set("cart/plain", "sku:1", "2", "note", "a\r\nb"))!;
        var revision = made[2]!.ToString();
        Assert.Equal("ok", made[0]);

        var key = host.Key("cart/plain");
        var hash = (List<object?>)client.Ask("HGETALL", key)!;
        Assert.Equal(["@rev", revision, "@born", revision], hash[..4]);
        Assert.Equal(["2", "a\r\nb", "note", "sku:1"], hash[4..].Order());
        Assert.Equal("2", client.Ask("HGET", key, "sku:1"));
        Assert.Equal(["2", null], (List<object?>)client.Ask("HMGET", key, "sku:1", "no")!);
        Assert.Equal(4L, client.Ask("HLEN", key));
        Assert.Equal("hash", client.Ask("TYPE", key));
        Assert.Equal(-1L, client.Ask("TTL", key));
        Assert.Equal(2L, client.Ask("EXISTS", key, "hf:@store", "no"));
        Assert.Equal(-2L, client.Ask("PTTL", host.Key("cart/no")));
        Assert.Equal("none", client.Ask("TYPE", "no"));
        Assert.Empty((List<object?>)client.Ask("HGETALL", "no")!);
    }

    [Fact]
    public void A_head_and_the_store_read_as_hashes()
    {
        using var client = host.Connect();
        client.Ask(host.Set("cart/head", "a", "1"));
        Assert.Equal(["version", "1", "partitions", "16"], (List<object?>)client.Ask("HGETALL", "hf:@store")!);
        Assert.Equal(host.RunId, client.Ask("HGET", host.HeadKey("cart/head"), "run"));
        Assert.NotEqual("0", client.Ask("HGET", host.HeadKey("cart/head"), "rev"));
    }

    [Fact]
    public void Scan_tells_every_record_once()
    {
        using var client = host.Connect();
        var expected = Enumerable.Range(0, 50).Select(i => $"scanned/u{i}").ToList();
        foreach (var address in expected)
        {
            client.Ask(host.Set(address, "a", "1"));
        }

        var found = new List<string>();
        var cursor = "0";
        do
        {
            var page = (List<object?>)client.Ask("SCAN", cursor, "MATCH", "*}:scanned/*", "COUNT", "5", "TYPE", "hash")!;
            cursor = (string)page[0]!;
            found.AddRange(((List<object?>)page[1]!).Cast<string>());
        }
        while (cursor != "0");

        Assert.Equal(expected.Select(host.Key).Order(), found.Order());
        Assert.Empty((List<object?>)((List<object?>)client.Ask("SCAN", "0", "COUNT", "100000", "TYPE", "string")!)[1]!);
        Assert.True((long)client.Ask("DBSIZE")! >= 50);
    }

    [Fact]
    public void A_journal_is_read_by_its_function()
    {
        using var client = host.Connect();
        var commit = host.Set("cart/events", "a", "1");
        commit = [.. commit[..^1], "1", "cart-taken", "payload"];
        var revision = ((List<object?>)client.Ask(commit)!)[2];
        var head = host.HeadKey("cart/events");
        var page = (List<object?>)client.Ask("FCALL_RO", "hf1_journal", "2", head, head.Replace("@head", "@journal"), "0", "0", "100")!;
        Assert.Equal(host.RunId, page[0]);
        var last = (List<object?>)((List<object?>)page[4]!)[^1]!;
        Assert.Equal([revision, 0L], last[..2]);
        Assert.Equal(["cart-taken", "payload"], last[3..]);
    }

    [Fact]
    public void Pipelined_commits_and_reads_take_effect_in_their_order()
    {
        using var client = host.Connect();
        const int Rounds = 200;
        for (var i = 1; i <= Rounds; i++)
        {
            client.Send(host.Set("cart/order", "n", $"{i}"));
            client.Send("HGET", host.Key("cart/order"), "n");
            client.Send(host.Set($"cart/other{i}", "n", $"{i}"));
        }

        for (var i = 1; i <= Rounds; i++)
        {
            Assert.Equal("ok", ((List<object?>)client.Read()!)[0]);
            Assert.Equal($"{i}", client.Read());
            Assert.Equal("ok", ((List<object?>)client.Read()!)[0]);
        }
    }

    [Fact]
    public void Commits_pipelined_on_one_connection_share_synchronisations()
    {
        using var client = host.Connect();
        const int Count = 2000;
        var before = host.Engine.LogFigures.Syncs;
        client.Send([.. Enumerable.Range(0, Count).SelectMany(i => RawClient.Bytes(host.Set($"many/u{i % 100}", "n", $"{i}")))]);
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal("ok", ((List<object?>)client.Read()!)[0]);
        }

        Assert.InRange(host.Engine.LogFigures.Syncs - before, 1, Count / 4);
    }
}
