using System.Text;

namespace Holdfast.Tests.Node;

public class NodeProtocolTests(NodeHost host) : IClassFixture<NodeHost>
{
    [Fact]
    public void Hello_tells_who_serves_and_switches_the_protocol()
    {
        using var client = host.Connect();
        var hello = (List<object?>)client.Ask("HELLO", "3", "AUTH", "default", NodeHost.Password, "SETNAME", "shop")!;
        Assert.Equal(["server", "holdfast"], hello[..2]);
        Assert.Equal(["proto", 3L], hello[4..6]);
        Assert.Equal(["mode", "standalone", "role", "master"], hello[8..12]);
        Assert.Equal("shop", client.Ask("CLIENT", "GETNAME"));
        Assert.Null(client.Ask("HGET", "no", "field"));
        Assert.Equal("RESET", client.Ask("RESET"));
        Assert.Null(client.Ask("CLIENT", "GETNAME"));
    }

    [Fact]
    public void The_port_wants_the_password_and_the_socket_of_mode_0600_does_not()
    {
        using var local = host.Connect();
        Assert.Equal("PONG", local.Ask("PING"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.SocketPath));
        }

        using var client = RawClient.OnPort(host.Node.EndPoint!.Port);
        Assert.Equal("-NOAUTH Authentication required.", client.Ask("PING"));
        Assert.StartsWith("-NOAUTH HELLO must be called with the client already authenticated", (string)client.Ask("HELLO", "3")!);
        Assert.StartsWith("-WRONGPASS", (string)client.Ask("AUTH", NodeHost.Password + "x")!);
        Assert.StartsWith("-WRONGPASS", (string)client.Ask("AUTH", "admin", NodeHost.Password)!);
        Assert.Equal("-NOAUTH Authentication required.", client.Ask("HGETALL", "hf:@store"));
        Assert.Equal("OK", client.Ask("AUTH", NodeHost.Password));
        Assert.Equal("PONG", client.Ask("PING"));
        client.Ask("RESET");
        Assert.Equal("-NOAUTH Authentication required.", client.Ask("PING"));
        Assert.Equal("OK", client.Ask("AUTH", "default", NodeHost.Password));
    }

    [Theory]
    [InlineData("*11\r\n")]
    [InlineData("*2\r\n$4\r\nAUTH\r\n$16385\r\n")]
    public void Before_AUTH_a_large_command_is_an_error_and_the_end(string sent)
    {
        using var client = RawClient.OnPort(host.Node.EndPoint!.Port);
        client.Send(Encoding.ASCII.GetBytes(sent));
        Assert.StartsWith("-ERR Protocol error: unauthenticated", (string)client.Read()!);
        Assert.True(client.IsClosed());
    }

    [Theory]
    [InlineData("*2147483647\r\n$1\r\nx\r\n")]
    [InlineData("*65537\r\n")]
    [InlineData("*1\r\n$8388609\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n*1\r\n$4\r\nQUIT\r\n")]
    [InlineData("*2\r\n$5\r\nHost:\r\n$9\r\nlocalhost\r\n")]
    [InlineData("*1\r\n$4\r\nPOST\r\n")]
    [InlineData("SET a b\r\n")]
    public void What_is_no_command_is_an_error_and_the_end(string sent)
    {
        using var client = host.Connect();
        client.Send(Encoding.ASCII.GetBytes(sent));
        Assert.StartsWith("-ERR Protocol error: ", (string)client.Read()!);
        Assert.True(client.IsClosed());
    }

    [Theory]
    [InlineData("*1\r\n")]
    [InlineData("*2147483647\r\n")]
    [InlineData("%1\r\n")]
    public void Nesting_ten_thousand_deep_is_an_error_and_the_end(string level)
    {
        using var client = host.Connect();
        client.Send(Encoding.ASCII.GetBytes("*1\r\n" + string.Concat(Enumerable.Repeat(level, 10_000))));
        Assert.StartsWith("-ERR Protocol error: expected '$'", (string)client.Read()!);
        Assert.True(client.IsClosed());
    }

    [Fact]
    public void Commands_cut_at_every_byte_are_answered_alike()
    {
        using var client = host.Connect();
        byte[] sent = [.. RawClient.Bytes("ECHO", "a\r\nb"), .. RawClient.Bytes("HGET", "hf:@store", "version"), .. "PING\r\n"u8];
        for (var cut = 0; cut < sent.Length; cut++)
        {
            client.Send(sent.AsSpan(0, cut));
            client.Send(sent.AsSpan(cut));
            Assert.Equal("a\r\nb", client.Read());
            Assert.Equal("1", client.Read());
            Assert.Equal("PONG", client.Read());
        }
    }

    [Fact]
    public void Who_stops_sending_still_gets_every_reply()
    {
        using var client = host.Connect();
        client.Send(host.Set("cart/half", "sku:1", "1"));
        client.Send("ECHO", "last");
        client.EndSending();
        Assert.Equal("ok", ((List<object?>)client.Read()!)[0]);
        Assert.Equal("last", client.Read());
        Assert.True(client.IsClosed());
    }

    [Fact]
    public void Quit_says_goodbye()
    {
        using var client = host.Connect();
        client.Send([.. RawClient.Bytes("QUIT"), .. RawClient.Bytes("PING")]);
        Assert.Equal("OK", client.Read());
        Assert.True(client.IsClosed());
    }

    [Fact]
    public void Info_tells_what_clients_look_for()
    {
        using var client = host.Connect();
        var report = (string)client.Ask("INFO")!;
        Assert.Contains("\r\nredis_version:7.", report);
        Assert.Contains("\r\nserver_name:holdfast\r\n", report);
        Assert.Contains($"\r\nrun_id:{host.RunId}\r\n", report);
        Assert.Contains("\r\nconnected_clients:", report);
        Assert.Contains("\r\ndb0:keys=", report);
        Assert.StartsWith("# Keyspace\r\n", (string)client.Ask("INFO", "keyspace")!);
    }

    [Fact]
    public void A_client_is_killed_by_its_id()
    {
        using var victim = host.Connect();
        using var client = host.Connect();
        var id = victim.Ask("CLIENT", "ID")!.ToString()!;
        Assert.Equal(1L, client.Ask("CLIENT", "KILL", "ID", id));
        Assert.True(victim.IsClosed());
        Assert.Equal(0L, client.Ask("CLIENT", "KILL", "ID", "999999"));
    }

    [Fact]
    public void Messages_reach_subscribers_of_both_protocols_and_listeners_in_the_process()
    {
        using var two = host.Connect();
        using var three = host.Connect();
        using var sender = host.Connect();
        three.Ask("HELLO", "3");
        Assert.Equal(["subscribe", "hf:signal:tick", 1L], (List<object?>)two.Ask("SUBSCRIBE", "hf:signal:tick")!);
        Assert.Equal([">subscribe", "hf:signal:tick", 1L], (List<object?>)three.Ask("SUBSCRIBE", "hf:signal:tick")!);
        Assert.StartsWith("-ERR Can't execute 'hget'", (string)two.Ask("HGET", "a", "b")!);
        Assert.Equal(2L, sender.Ask("PUBLISH", "hf:signal:tick", "one"));
        Assert.Equal(["message", "hf:signal:tick", "one"], (List<object?>)two.Read()!);
        Assert.Equal([">message", "hf:signal:tick", "one"], (List<object?>)three.Read()!);
        Assert.Equal(["unsubscribe", "hf:signal:tick", 0L], (List<object?>)two.Ask("UNSUBSCRIBE")!);
        Assert.Equal("PONG", two.Ask("PING"));
    }
}
