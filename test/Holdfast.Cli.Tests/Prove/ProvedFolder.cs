using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>A temporary folder with a small application, a scenario and a folder that stands for a shared store; removed at the end.</summary>
internal sealed class ProvedFolder : IDisposable
{
    /// <summary>A user signs in, fills a cart and looks at it.</summary>
    public const string Shopping = """
        steps:
          - request: POST /login
            json: { user: "{{unique}}" }
          - request: POST /cart
            json: { sku: a }
            times: 3
          - request: GET /cart
        """;

    /// <summary>Time for a proof that a machine with much else to do finishes in too; a quiet one needs a twentieth of it.</summary>
    private const string Time = "10m";

    /// <summary>Beyond the proof's own time.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(12);

    public ProvedFolder(string scenario = Shopping)
    {
        Path = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
        Directory.CreateDirectory(Application);
        Directory.CreateDirectory(Shared);
        File.WriteAllText(System.IO.Path.Combine(Application, "app.js"), Program);
        File.WriteAllText(System.IO.Path.Combine(Path, "scenario.yaml"), scenario);
    }

    public string Path { get; }

    private string Application => System.IO.Path.Combine(Path, "app");

    private string Shared => System.IO.Path.Combine(Path, "shared");

    /// <summary>Starts the proof of the application in one of its modes.</summary>
    public HoldfastTool Start(string mode, params string[] arguments) => HoldfastTool.Start(
        Path,
        ["prove", "--run", $"node app.js {mode}", "--folder", "app", "--env", $"SHARED={Shared}", "--scenario", "scenario.yaml", "--json", "out.json", "--time", Time, .. arguments]);

    /// <summary>Proves the application in one of its modes.</summary>
    public async Task<Outcome> ProveAsync(string mode, params string[] arguments)
    {
        await using var tool = Start(mode, arguments);
        var code = await tool.EndAsync(Deadline);
        Assert.Empty(tool.Left());
        return new Outcome(code, tool.Output, Json());
    }

    /// <summary>What was written as JSON.</summary>
    public JsonElement Json() => JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(Path, "out.json"))).RootElement;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A cart by session, kept in one of several places.</summary>
    private const string Program = """
        const http = require('http'), crypto = require('crypto'), fs = require('fs'), path = require('path');
        const mode = process.argv[2], shared = process.env.SHARED;
        if (mode === 'broken') { console.log('no such module'); process.exit(3); }
        const random = bytes => crypto.randomBytes(bytes).toString('hex');
        const memory = new Map(), secret = random(32), me = random(6);
        const file = (folder, key) => path.join(folder, key + '.json');
        const read = (folder, key) => fs.existsSync(file(folder, key)) ? JSON.parse(fs.readFileSync(file(folder, key))) : undefined;
        const write = (folder, key, value) => fs.writeFileSync(file(folder, key), JSON.stringify(value));
        const sign = text => text + '.' + crypto.createHmac('sha256', secret).update(text).digest('base64url');
        const store = {
          memory: { get: key => memory.get(key), set: (key, value) => memory.set(key, value) },
          disk: { get: key => read('.', key), set: (key, value) => write('.', key, value) },
          home: { get: key => read(process.env.HOME, key), set: (key, value) => write(process.env.HOME, key, value) },
          late: { get: key => memory.get(key) ?? read(shared, key), set: (key, value) => {
            memory.set(key, value);
            setTimeout(() => { write(shared, key, value); memory.delete(key); }, 1500);
          } },
          cache: {
            get: key => { if (!memory.has(key)) memory.set(key, read(shared, key)); return memory.get(key); },
            set: (key, value) => { write(shared, key, value); memory.set(key, value); } },
        }[mode] ?? { get: key => read(shared, key), set: (key, value) => write(shared, key, value) };
        let visits = 0;
        http.createServer((request, response) => {
          let body = '';
          request.on('data', part => body += part);
          request.on('end', () => {
            const where = new URL(request.url, 'http://x').pathname;
            const cookies = Object.fromEntries((request.headers.cookie ?? '').split('; ').map(one => one.split(/=(.*)/s)));
            const sent = body.startsWith('{') ? JSON.parse(body) : {};
            const send = (status, value, headers = {}) =>
              response.writeHead(status, { 'content-type': 'application/json', 'x-by': me, ...headers }).end(JSON.stringify(value));
            if (where === '/') return send(200, { ok: true });
            if (mode === 'failing') return send(500, { error: 'out of order' });
            if (mode === 'flaky' && Math.random() < 0.25) return send(500, { error: 'bad luck' });
            if (where === '/visits') return send(200, { visits: ++visits });
            if (where === '/login') {
              const id = random(16);
              if (mode === 'secret') return send(200, { at: new Date() }, { 'set-cookie': 'auth=' + sign(sent.user) });
              store.set(id, { user: sent.user, cart: [] });
              return send(200, { at: new Date() }, { 'set-cookie': 'sid=' + id });
            }
            const user = (cookies.auth ?? '').split('.')[0];
            const key = mode === 'secret' ? (user && sign(user) === cookies.auth && user) : cookies.sid;
            const session = key && (store.get(key) ?? (mode === 'secret' ? { user, cart: [] } : undefined));
            if (!session) return send(401, { error: 'who are you?' });
            if (request.method === 'POST') {
              store.set(key, { ...session, cart: [...session.cart, sent.sku] });
              return send(201, { count: session.cart.length + 1, nonce: crypto.randomUUID() });
            }
            const order = [1, 2, 3].sort(() => Math.random() - 0.5);
            return send(200, { ...session, now: Date.now(), luck: Math.random(), pid: process.pid, uptime: Math.floor(process.uptime()), order });
          });
        }).listen(mode === 'deaf' ? 0 : process.env.PORT, '127.0.0.1');
        """;

    /// <summary>How a proof ended.</summary>
    internal sealed record Outcome(int Code, string Output, JsonElement Json)
    {
        public string Verdict => Json.GetProperty("verdict").GetString()!;

        public string Reason => Json.GetProperty("reason").GetString()!;

        public JsonElement[] Findings => [.. Json.GetProperty("findings").EnumerateArray()];

        public string[] Kinds => [.. Findings.Select(static finding => finding.GetProperty("kind").GetString()!)];
    }
}
