namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>A temporary folder with a topology and a small web server for it, removed at the end.</summary>
internal sealed class TopologyFolder : IDisposable
{
    /// <summary>A service of two instances behind one gateway.</summary>
    public const string TwoInstances = """
        gateway: { port: 0 }
        services:
          web: { run: node server.js, replicas: 2, health: /healthz }
        """;

    public TopologyFolder(string topology, string? subfolder = null)
    {
        Root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
        Path = System.IO.Path.Combine(Root, subfolder ?? "");
        Directory.CreateDirectory(Path);
        Write("holdfast.yaml", topology);
        Write("server.js", Server);
    }

    public string Path { get; }

    private string Root { get; }

    public void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);

    public string Read(string name) => File.ReadAllText(System.IO.Path.Combine(Path, name));

    public bool Has(string name) => File.Exists(System.IO.Path.Combine(Path, name));

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>
    /// Answers every path with its instance's name, /env/NAME with that variable, /upload with how much it was sent, takes /take/N MiB of memory, and echoes
    /// what a WebSocket sends. It ends on SIGTERM once it has told so, whatever it is doing, and never does while STUBBORN is set.
    /// FAMILY starts processes that leave its group. BREAK and FAIL name instances (or all) that end at once, or answer all but health with 500.
    /// </summary>
    private const string Server = """
        const http = require('http'), crypto = require('crypto'), { spawn } = require('child_process');
        const env = process.env;
        const isMeant = names => ['all', env.HOLDFAST_INSTANCE].includes(names);
        if (isMeant(env.BREAK)) { console.log('this version is broken'); process.exit(3); }
        if (env.FAMILY) {
          spawn('sleep', ['7000'], { stdio: 'ignore' });
          spawn('setsid', ['sh', '-c', 'trap "" TERM HUP; while :; do sleep 7000; done'], { stdio: 'inherit', detached: true });
        }
        process.on('SIGTERM', () => { console.log('told to end'); if (!env.STUBBORN) process.exit(0); });
        const server = http.createServer((request, response) => {
          const [, first, name] = request.url.split('/');
          if (first === 'crash') process.exit(3);
          response.setHeader('X-Instance', env.HOLDFAST_INSTANCE);
          if (isMeant(env.FAIL) && first !== 'healthz') return response.writeHead(500).end();
          if (first === 'take') return response.on('finish', () => { global.taken = Buffer.alloc(+name << 20, 1); }).end('taken');
          if (first === 'upload') {
            let length = 0;
            request.once('data', () => console.log('upload to ' + env.HOLDFAST_INSTANCE));
            return request.on('data', part => length += part.length).on('end', () => response.end(String(length)));
          }
          if (first === 'slow') return setTimeout(() => response.end('slow answer'), 1000);
          response.end(first === 'env' ? env[name] ?? '' : env.HOLDFAST_INSTANCE);
        });
        server.on('upgrade', (request, socket) => {
          const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
          socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Instance: ' + env.HOLDFAST_INSTANCE
            + '\r\nSec-WebSocket-Accept: ' + crypto.createHash('sha1').update(key).digest('base64') + '\r\n\r\n');
          socket.on('error', () => {});
          socket.on('data', frame => {
            const length = frame[1] & 127, text = Buffer.from(frame.subarray(6, 6 + length));
            for (let i = 0; i < length; i++) text[i] ^= frame[2 + i % 4];
            socket.write(Buffer.concat([Buffer.from([frame[0], length]), text]));
          });
        });
        server.listen(+env.PORT, '127.0.0.1', () => console.log('listening'));
        """;
}
