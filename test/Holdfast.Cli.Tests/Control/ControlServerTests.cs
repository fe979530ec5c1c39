using System.Net.Sockets;
using Holdfast.Cli.Control;

namespace Holdfast.Cli.Tests.Control;

public sealed class ControlServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_connection_that_can_not_be_taken_is_not_the_end_of_those_after_it()
    {
        using var stopping = new CancellationTokenSource();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var taken = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var failures = 2;
        var accepting = ControlServer.AcceptAsync(
            async token =>
            {
                if (failures-- > 0)
                {
                    throw new SocketException((int)SocketError.TooManyOpenSockets);
                }

                if (taken.Task.IsCompleted)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }

                return socket;
            },
            taken.SetResult,
            TimeProvider.System,
            stopping.Token);

        Assert.Same(socket, await taken.Task.WaitAsync(Patience));
        await stopping.CancelAsync();
        await accepting.WaitAsync(Patience);
    }
}
