using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>
/// A web application in a process of its own (Node), so that it can be killed. It answers every request with its name
/// in X-Instance and what it was sent, and tells each request on its standard output before it answers.
/// </summary>
/// <remarks>
/// /drop ends the connection · /healthz answers 200, after /sicken 500 until /mend · /die kills its own process · /cut ends the connection within the body ·
/// /hang answers once /release was asked for · /stream sends "first", and "last" once /release was asked for ·
/// /keyed announces that it heeds idempotency keys, and with ?die=FILE kills its process once it has the whole body, if no file of the name FILE is there, which it then makes;
/// with ?hold=FILE it answers likewise once that the key's request still runs · /status/N answers N · /work takes ?ms=N of the processor ·
/// a WebSocket echoes short messages, and a Close.
/// </remarks>
internal sealed class BackendProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> seen = new();
    private readonly TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BackendProcess(string name, int listenOn, NetworkNamespace? network)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, ArgumentList = { "-e", Program } };
        start.Environment["NAME"] = Name = name;
        start.Environment["PORT"] = listenOn.ToString();
        process = new Process { StartInfo = network?.Inside(start) ?? start };
        process.Start();

        // On a thread of its own: .NET reads a process's pipe by blocking one, and those of the pool are for the tests.
        new Thread(ReadOutput) { IsBackground = true }.Start();
    }

    public string Name { get; }

    public Uri Url { get; private set; } = null!;

    /// <summary>The requests that it was sent, each as its method and path, health checks excepted.</summary>
    public IReadOnlyCollection<string> Seen => seen;

    public static async Task<BackendProcess> StartAsync(string name, int port = 0, NetworkNamespace? network = null)
    {
        var backend = new BackendProcess(name, port, network);
        backend.Url = new Uri($"http://127.0.0.1:{await backend.port.Task.WaitAsync(TimeSpan.FromSeconds(60))}");
        return backend;
    }

    /// <summary>Returns once it has seen this many requests.</summary>
    public async Task SeeAsync(int requests)
    {
        for (var tries = 0; seen.Count < requests; tries++)
        {
            if (tries == 1200)
            {
                throw new TimeoutException($"{Name} saw {seen.Count} requests, not {requests}.");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Empties <see cref="Seen"/>.</summary>
    public void Forget() => seen.Clear();

    /// <summary>SIGKILL. Returns once the process is gone and all that it had told is in <see cref="Seen"/>.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await EndAsync();
    }

    /// <summary>SIGSTOP: it takes connections, and answers nothing.</summary>
    public void Freeze() => HoldfastTool.Signal(process.Id, "STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => HoldfastTool.Signal(process.Id, "CONT");

    /// <summary>Returns once the process has ended by itself.</summary>
    public async Task EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await outputEnded.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private void ReadOutput()
    {
        while (process.StandardOutput.ReadLine() is { } line)
        {
            Take(line);
        }

        outputEnded.TrySetResult();
        port.TrySetException(new InvalidOperationException("The backend ended before it listened."));
    }

    private void Take(string line)
    {
        if (line.StartsWith("listening ", StringComparison.Ordinal))
        {
            port.TrySetResult(int.Parse(line["listening ".Length..]));
        }
        else
        {
            seen.Enqueue(line);
        }
    }

    private const string Program = """
        const http = require('http'), crypto = require('crypto'), fs = require('fs');
        let well = true, held = [];
        const server = http.createServer((request, response) => {
          const path = request.url.split('?')[0];
          if (path === '/healthz') return response.writeHead(well ? 200 : 500).end();
          console.log(request.method + ' ' + path);
          let body = '';
          request.on('data', part => body += part);
          const query = new URLSearchParams(request.url.split('?')[1]);
          if (path === '/drop') return request.socket.destroy();
          if (path === '/die') return process.kill(process.pid, 'SIGKILL');
          request.on('end', () => {
            response.setHeader('X-Instance', process.env.NAME);
            const answer = () => response.end(JSON.stringify(
              { instance: process.env.NAME, method: request.method, url: request.url, headers: request.headers, body }));
            switch (path) {
              case '/keyed': if (!process.env.NAME.startsWith('old')) response.setHeader('Idempotency-Key-Support', 'window=60');
                if (query.has('die') && !fs.existsSync(query.get('die'))) return (fs.writeFileSync(query.get('die'), ''), process.kill(process.pid, 'SIGKILL'));
                if (query.has('hold') && !fs.existsSync(query.get('hold'))) return (fs.writeFileSync(query.get('hold'), ''), response.writeHead(409, { 'Retry-After': '1' }).end());
                return answer();
              case '/work': for (const end = performance.now() + +query.get('ms'); performance.now() < end;); return answer();
              case '/sicken': well = false; return answer();
              case '/mend': well = true; return answer();
              case '/cut': response.setHeader('Content-Length', 1000000); response.write('x'.repeat(1000));
                return setTimeout(() => request.socket.destroy(), 100);
              case '/hang': return held.push(answer);
              case '/stream': response.write('first'); return held.push(() => response.end('last'));
              case '/release': held.forEach(one => one()); held = []; return answer();
              default:
                if (path.startsWith('/status/')) response.statusCode = +path.slice(8);
                return answer();
            }
          });
        });
        server.on('upgrade', (request, socket) => {
          const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
          socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: '
            + crypto.createHash('sha1').update(key).digest('base64') + '\r\n\r\n');
          socket.on('error', () => {});
          socket.on('data', frame => {
            const length = frame[1] & 127, text = Buffer.from(frame.subarray(6, 6 + length));
            for (let i = 0; i < length; i++) text[i] ^= frame[2 + i % 4];
            socket.write(Buffer.concat([Buffer.from([frame[0], length]), text]));
          });
        });
        server.listen(+process.env.PORT, '127.0.0.1', () => console.log('listening ' + server.address().port));
        """;
}
