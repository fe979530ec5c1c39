using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>The faults are what they say they are.</summary>
public sealed class FaultKitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_proxy_cuts_in_the_middle_of_what_is_said()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var proxy = new FaultProxy(((IPEndPoint)listener.LocalEndpoint).Port);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        using var server = await listener.AcceptSocketAsync();
        proxy.FromStore.CutAfter(7);
        await server.SendAsync("1234"u8.ToArray());
        await server.SendAsync("567890"u8.ToArray());

        var read = new byte[8];
        await client.GetStream().ReadExactlyAsync(read.AsMemory(0, 7)).AsTask().WaitAsync(Patience);
        Assert.Equal("1234567", Encoding.ASCII.GetString(read, 0, 7));
        Assert.True(await EndsAsync(client.GetStream(), read));
        Assert.True(proxy.FromStore.HasCut);
    }

    [Fact]
    public async Task A_proxy_that_is_parted_passes_nothing_until_it_is_whole_again_and_then_all()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var proxy = new FaultProxy(((IPEndPoint)listener.LocalEndpoint).Port);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        using var server = await listener.AcceptSocketAsync();
        proxy.Part();
        await server.SendAsync("down"u8.ToArray());
        await client.Client.SendAsync("up"u8.ToArray());
        var buffer = new byte[4];
        var arriving = client.GetStream().ReadExactlyAsync(buffer).AsTask();
        Assert.NotSame(arriving, await Task.WhenAny(arriving, Task.Delay(200)));
        proxy.Release();
        await arriving.WaitAsync(Patience);
        Assert.Equal("down", Encoding.ASCII.GetString(buffer));
        Assert.Equal(2, await server.ReceiveAsync(buffer));
    }

    [Fact]
    public async Task A_stopped_process_answers_once_it_goes_on()
    {
        await using var server = await RedisServer.StartAsync();
        Task<string> asked;
        using (await PausedProcess.StopAsync(server.Pid))
        {
            asked = Task.Factory.StartNew(() => server.CommandAsync("PING"), TaskCreationOptions.LongRunning).Unwrap();
            Assert.NotSame(asked, await Task.WhenAny(asked, Task.Delay(200)));
        }

        Assert.Equal("+PONG", await asked.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_network_is_parted_one_way_or_the_other_and_heals()
    {
        await using var network = await NetworkNamespace.MakeAsync();
        await using var server = await RedisServer.StartAsync(isTcp: true, network: network);
        Assert.Equal("+PONG", await server.CommandAsync("PING"));
        await network.PartInwardAsync();
        await Assert.ThrowsAnyAsync<SocketException>(() => server.CommandAsync("PING"));
        await network.HealAsync();
        Assert.Equal("+PONG", await server.CommandAsync("PING"));

        // What goes in arrives; of the answer nothing comes, not even that the connection was taken.
        await network.PartOutwardAsync();
        using var client = new TcpClient();
        var connecting = client.ConnectAsync(IPAddress.Parse(network.There), server.Port);
        Assert.NotSame(connecting, await Task.WhenAny(connecting, Task.Delay(200)));
        await network.HealAsync();
        await connecting.WaitAsync(Patience);
    }

    // In order, or by a reset: the other side had said more than was taken.
    private static async Task<bool> EndsAsync(NetworkStream stream, byte[] buffer)
    {
        try
        {
            return await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
