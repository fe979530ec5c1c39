using System.Net.Sockets;
using System.Text;
using Holdfast.Gateway.Repeating;

namespace Holdfast.Gateway.Tests.Repeating;

public sealed class ReplayableBodyTests
{
    [Fact]
    public async Task Nothing_is_lost_of_what_was_read_just_when_the_sending_ended()
    {
        using var ending = new CancellationTokenSource();
        await using var body = new ReplayableBody(new EndingStream(ending));
        var buffer = new byte[16];
        try
        {
            Assert.Equal(EndingStream.Part.Length, await body.ReadAsync(buffer, ending.Token));
        }
        catch (OperationCanceledException)
        {
            // The sending is over either way.
        }

        Assert.True(body.CanReplay);
        body.Rewind();

        Assert.Equal(EndingStream.Part.Length, await body.ReadAsync(buffer));
        Assert.Equal(EndingStream.Part, buffer[..EndingStream.Part.Length]);
    }

    [Fact]
    public async Task A_body_that_comes_in_parts_while_its_instance_dies_reaches_another_one_whole()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        using var client = new TcpClient();
        await client.ConnectAsync(rig.Address.Host, rig.Address.Port);
        var stream = client.GetStream();
        await SayAsync(stream, "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count == 1));
        var (holder, other) = rig["shop-1"].Seen.Count == 1 ? ("shop-1", "shop-2") : ("shop-2", "shop-1");

        await rig[holder].KillAsync();
        var expected = "first";
        await Eventually.HoldsAsync(async () =>
        {
            // That its instance is gone the gateway notices when it sends more; then it waits for the client and sends again at the same time.
            await SayAsync(stream, "4\r\nmore\r\n");
            expected += "more";
            return rig[other].Seen.Count == 1;
        });
        await SayAsync(stream, "4\r\nlast\r\n0\r\n\r\n");

        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Contains($"\"body\":\"{expected}last\"", answer, StringComparison.Ordinal);
    }

    private static ValueTask SayAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>A client's body of one part, with whose arrival the sending ends.</summary>
    private sealed class EndingStream(CancellationTokenSource ending) : MemoryStream(Part)
    {
        public static readonly byte[] Part = [1, 2, 3];

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, CancellationToken.None);
            await ending.CancelAsync();
            return read;
        }
    }
}
