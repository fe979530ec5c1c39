using System.Net.Sockets;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>Waits until a process that was started can serve: it answers its health path below 500.</summary>
internal sealed class Readiness(Application application, TimeProvider clock)
{
    /// <summary>How long one question may take.</summary>
    private static readonly TimeSpan QuestionTimeout = TimeSpan.FromSeconds(5);

    private string lastAnswer = "";

    /// <summary>The address at which the process answers: https where it speaks TLS.</summary>
    /// <exception cref="CommandException">It ended, or did not become ready in time.</exception>
    public async Task<Uri> WaitAsync(GuardedProcess process, string name, int port, HttpMessageInvoker client, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(5);
        while (!process.Ended.IsCompleted)
        {
            if (await AnswersAsync(port, client, cancellationToken) is { } address)
            {
                return address;
            }

            if (clock.GetElapsedTime(started) > application.ReadyTimeout)
            {
                throw new CommandException($"{name} was not ready within {application.ReadyTimeout.TotalSeconds:0.##} s: {Unready(process, port)}{Text(process.LastLines)}");
            }

            await Task.WhenAny(process.Ended, Task.Delay(pause, clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            pause = TimeSpan.FromMilliseconds(Math.Min(pause.TotalMilliseconds * 1.3, 100));
        }

        throw new CommandException($"{name} ended before it was ready ({ExitText.Of(await process.Ended)}){await FinalLinesAsync(process)}");
    }

    /// <summary>What a process that has ended printed last, to go at the end of a message.</summary>
    public static async Task<string> FinalLinesAsync(GuardedProcess process) => Text(await process.FinalLinesAsync());

    private static string Text(IReadOnlyList<string> lines) => lines.Count == 0
        ? "; it printed nothing"
        : $"; its last lines:{string.Concat(lines.Select(static line => $"\n    {line}"))}";

    private async Task<Uri?> AnswersAsync(int port, HttpMessageInvoker client, CancellationToken cancellationToken)
    {
        // A refused connection is told at once by a socket, and only by an exception of several layers by the client.
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                await socket.ConnectAsync(System.Net.IPAddress.Loopback, port, cancellationToken);
            }
            catch (SocketException)
            {
                return null;
            }
        }

        foreach (var scheme in (string[])["http", "https"])
        {
            var address = new Uri($"{scheme}://127.0.0.1:{port}");
            if (await AskAsync(new Uri(address, application.Health), client, cancellationToken) is { } isReady)
            {
                return isReady ? address : null;
            }
        }

        return null;
    }

    /// <summary>Whether the answer is below 500; null when there was none.</summary>
    private async Task<bool?> AskAsync(Uri url, HttpMessageInvoker client, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(QuestionTimeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.ConnectionClose = true;
            using var response = await client.SendAsync(request, limit.Token);
            lastAnswer = $"GET {application.Health} answers {(int)response.StatusCode}; mend that, or name a path that answers below 500 with --health";
            return (int)response.StatusCode < 500;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            lastAnswer = $"it takes connections but answers no HTTP ({error.Message})";
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            lastAnswer = $"GET {application.Health} takes more than {QuestionTimeout.TotalSeconds:0} s; name a path that answers sooner with --health";
            return false;
        }
    }

    private string Unready(GuardedProcess process, int port) => process.ListenerOn(port) is null
        ? $"nothing listens on port {port}, so have its command listen on 127.0.0.1:$PORT"
        : lastAnswer;
}
