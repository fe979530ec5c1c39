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
    /// Answers every path with its instance's name, and /env/NAME with that variable. It ends on SIGTERM once it has
    /// told so, and never does while STUBBORN is set. FAMILY starts processes that leave its group.
    /// </summary>
    private const string Server = """
        const http = require('http'), { spawn } = require('child_process');
        const env = process.env;
        if (env.FAMILY) {
          spawn('sleep', ['7000'], { stdio: 'ignore' });
          spawn('setsid', ['sh', '-c', 'trap "" TERM HUP; while :; do sleep 7000; done'], { stdio: 'inherit', detached: true });
        }
        process.on('SIGTERM', () => { console.log('told to end'); if (!env.STUBBORN) process.exit(0); });
        http.createServer((request, response) => {
          const [, first, name] = request.url.split('/');
          if (first === 'crash') process.exit(3);
          response.setHeader('X-Instance', env.HOLDFAST_INSTANCE);
          if (first === 'slow') return setTimeout(() => response.end('slow answer'), 1000);
          response.end(first === 'env' ? env[name] ?? '' : env.HOLDFAST_INSTANCE);
        }).listen(+env.PORT, '127.0.0.1', () => console.log('listening'));
        """;
}
