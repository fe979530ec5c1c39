using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>The embedded store, served by <c>holdfast node</c> on a Unix socket and, for other languages, on a loopback port.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class NodeProcess(RunFolder folder, RunContext run) : SupervisedProcess("node", run)
{
    // Kept over restarts of the node: the applications were told.
    private readonly int port = run.Ports.Reserve();
    private readonly string password = folder.Password(run.Entropy);

    /// <summary>The socket needs no password: its mode keeps others from it. The port, which every user can reach, does.</summary>
    public StateAddress Address => new(
        $"redis+unix://{folder.NodeSocket}",
        $"redis://:{password}@127.0.0.1:{port}");

    protected override LaunchPlan Prepare()
    {
        var command = ToolCommand.For(
            "node", "--data", folder.State, "--socket", folder.NodeSocket,
            "--port", port.ToString(CultureInfo.InvariantCulture), "--password-file", folder.PasswordFile);
        return new LaunchPlan(Name, command, Path.GetDirectoryName(folder.State)!, new Dictionary<string, string>());
    }

    /// <summary>A node that still recovers its records answers PING with an error.</summary>
    protected override async Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.NodeSocket), cancellationToken);
            await socket.SendAsync("*1\r\n$4\r\nPING\r\n"u8.ToArray(), cancellationToken);
            var expected = "+PONG\r\n"u8.ToArray();
            var answer = new byte[expected.Length];
            var read = 0;
            while (read < answer.Length && await socket.ReceiveAsync(answer.AsMemory(read), cancellationToken) is var count and > 0)
            {
                read += count;
            }

            return answer.SequenceEqual(expected);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
