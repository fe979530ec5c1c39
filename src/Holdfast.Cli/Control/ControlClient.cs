using System.Net.Sockets;
using System.Text.Json;
using Holdfast.Cli.Supervision;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Control;

/// <summary>Asks the supervisor of a topology.</summary>
internal sealed class ControlClient(string topologyPath)
{
    private static readonly TimeSpan GonePollInterval = TimeSpan.FromMilliseconds(20);

    private readonly string file = TopologyFile.Find(topologyPath);

    /// <summary>Asks, prints the notes, and returns what was answered when it is done.</summary>
    /// <exception cref="CommandException">No supervisor runs, or it could not do it.</exception>
    public async Task<ControlAnswer> AskAsync(ControlRequest request, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(RunFolder.Of(file).ControlSocket), cancellationToken);
        }
        catch (Exception error) when (error is SocketException or ArgumentOutOfRangeException)
        {
            throw NotRunning();
        }

        await using var stream = new NetworkStream(socket);
        try
        {
            await JsonSerializer.SerializeAsync(stream, request, ControlJson.Default.ControlRequest, cancellationToken);
            await stream.WriteAsync("\n"u8.ToArray(), cancellationToken);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line
                && JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer) is { } answer)
            {
                if (answer.Note is null)
                {
                    return answer.Error is null ? answer : throw new CommandException(answer.Error);
                }

                Console.WriteLine(answer.Note);
            }
        }
        catch (IOException)
        {
            // Told below, as a connection that ends without an answer is.
        }

        throw new CommandException("the supervisor ended before it answered");
    }

    /// <summary>Returns when the supervisor, and all that it ran, is gone.</summary>
    public async Task WaitUntilGoneAsync(CancellationToken cancellationToken)
    {
        while (RunFolder.Of(file).IsHeld())
        {
            await Task.Delay(GonePollInterval, TimeProvider.System, cancellationToken);
        }
    }

    private CommandException NotRunning() =>
        new($"no topology runs in {Path.GetDirectoryName(file)}: start it with 'holdfast up', or name another with --topology");
}
