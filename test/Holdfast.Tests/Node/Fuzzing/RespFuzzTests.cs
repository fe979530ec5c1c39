using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Node;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node.Fuzzing;

/// <summary>Whatever comes, and however the network cuts it, it means the same; and it ends in replies, an error or a wait.</summary>
public sealed partial class RespFuzzTests(NodeHost host) : IClassFixture<NodeHost>
{
    [Fact]
    public void What_the_parser_reads_does_not_depend_on_where_it_is_cut()
    {
        foreach (var payload in Payloads.Corpus)
        {
            CheckCuts(payload);
        }
    }

    [Fact]
    [Trait("Experiment", "Fuzz")]
    public void What_the_parser_reads_of_mutations_does_not_depend_on_where_it_is_cut()
    {
        for (var seed = 1; seed <= Experiment.Count(small: 4000, large: 1_000_000); seed++)
        {
            CheckCuts(Payloads.Mutated(new Random(seed)));
        }
    }

    [Fact]
    [Trait("Experiment", "Fuzz")]
    public async Task A_node_answers_the_same_however_it_is_sent_and_lives_on()
    {
        for (var seed = 1; seed <= Experiment.Count(small: 400, large: 50_000); seed++)
        {
            var random = new Random(seed);
            var payload = seed <= Payloads.Corpus.Count ? Payloads.Corpus[seed - 1] : Payloads.Mutated(random);
            Empty();
            var whole = await AnswerAsync(payload, 0);
            Empty();
            var cut = await AnswerAsync(payload, random.Next(payload.Length + 1));
            Assert.True(whole == cut, $"Seed {seed}, {Encoding.Latin1.GetString(payload)}:\nwhole: {whole}\ncut:   {cut}");
        }

        using var client = host.Connect();
        Assert.Equal("PONG", client.Ask("PING"));
        Assert.DoesNotContain(host.Events, static item => item.Level == EngineEventLevel.Error);
    }

    /// <summary>What a payload has left would be told by the next.</summary>
    private void Empty()
    {
        using var client = host.Connect();
        var keys = ((List<object?>)((List<object?>)client.Ask("SCAN", "0", "COUNT", "100000")!)[1]!).Cast<string>().ToArray();
        if (keys.Length > 0)
        {
            client.Ask(["DEL", .. keys]);
        }
    }

    private static void CheckCuts(byte[] payload)
    {
        var expected = Read([payload]);
        for (var cut = 1; cut < payload.Length; cut++)
        {
            var read = Read([payload[..cut], payload[cut..]]);
            Assert.True(expected == read, $"{Encoding.Latin1.GetString(payload)}\nwhole: {expected}\ncut at {cut}: {read}");
        }

        Assert.Equal(expected, Read([.. payload.Select(static one => new[] { one })]));
    }

    /// <summary>The commands that are read of the pieces, and how it ends.</summary>
    private static string Read(byte[][] pieces)
    {
        var input = new SessionInput();
        var read = new StringBuilder();
        foreach (var piece in pieces)
        {
            piece.CopyTo(input.Room());
            input.Received(piece.Length);
            while (true)
            {
                var outcome = input.Next(CommandLimits.Authenticated, out _);
                if (outcome == ParseOutcome.Failed)
                {
                    return read.Append(input.Problem).ToString();
                }

                if (outcome == ParseOutcome.Incomplete)
                {
                    break;
                }

                var command = input[0];
                for (var i = 0; i < command.Count; i++)
                {
                    read.Append('<').Append(Encoding.Latin1.GetString(command[i])).Append('>');
                }

                read.Append('\n');
                input.Skip();
            }
        }

        return read.Append("waits").ToString();
    }

    /// <summary>All that the node answers to the payload, sent in two pieces, and to nothing more.</summary>
    private async Task<string> AnswerAsync(byte[] payload, int cut)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(host.SocketPath), timeout.Token);
        var answer = new MemoryStream();
        try
        {
            await SendAsync(socket, payload.AsMemory(0, cut), timeout.Token);
            await SendAsync(socket, payload.AsMemory(cut), timeout.Token);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It was answered and disconnected before it had said everything.
        }

        var room = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(room, timeout.Token) is > 0 and var count)
            {
                answer.Write(room, 0, count);
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It was disconnected before everything that it had said was taken: that is an end as well.
        }

        return ConnectionId().Replace(Encoding.Latin1.GetString(answer.ToArray()), "");
    }

    /// <summary>HELLO tells the connection's number, which is another each time.</summary>
    [GeneratedRegex("id\r\n:[0-9]+")]
    private static partial Regex ConnectionId();

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }
}
