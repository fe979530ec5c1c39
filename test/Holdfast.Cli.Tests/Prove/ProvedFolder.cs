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

    public string Shared => System.IO.Path.Combine(Path, "shared");

    /// <summary>Starts the proof of the application in one of its modes.</summary>
    public HoldfastTool Start(string mode, params string[] arguments) => HoldfastTool.Start(
        Path,
        ["prove", "--run", $"node app.js {mode}", "--folder", "app", "--env", $"SHARED={Shared}", "--scenario", "scenario.yaml", "--json", "out.json", "--time", Time, .. arguments]);

    /// <summary>Starts the tool for this folder with a command line of the caller's.</summary>
    public HoldfastTool Tool(params string[] arguments) => HoldfastTool.Start(Path, ["prove", .. arguments]);

    /// <summary>Writes a file beside the scenario.</summary>
    public void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);

    /// <summary>Runs one instance of the application by itself, until it is disposed.</summary>
    /// <param name="mode">The mode that it is in.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="tls">The path of certificate and key without their extensions; null for plain HTTP.</param>
    public ProvedInstance StartInstance(string mode, int port, string? tls = null) => new(Application, mode, port, Shared, tls);

    /// <summary>How a proof with a command line of the caller's ended; its JSON is in out.json.</summary>
    public async Task<Outcome> ProveWithAsync(params string[] arguments)
    {
        await using var tool = Tool([.. arguments, "--json", "out.json", "--time", Time]);
        var code = await tool.EndAsync(Deadline);
        await tool.LeavesNothingAsync();
        return new Outcome(code, tool.Output, Json());
    }

    /// <summary>Proves the application in one of its modes.</summary>
    public async Task<Outcome> ProveAsync(string mode, params string[] arguments)
    {
        await using var tool = Start(mode, arguments);
        var code = await tool.EndAsync(Deadline);
        await tool.LeavesNothingAsync();
        return new Outcome(code, tool.Output, Json());
    }

    /// <summary>How a proof ends that can be sure: one that is not, as it says when the machine was too busy, or of no cause, is made again, twice at most.</summary>
    public static async Task<Outcome> SureAsync(Func<Task<Outcome>> prove)
    {
        var outcome = await prove();
        for (var again = 0; again < 2 && (outcome.Verdict == "inconclusive" || outcome.Kinds.Contains("unknown")); again++)
        {
            outcome = await prove();
        }

        return outcome;
    }

    /// <summary>What was written as JSON, which keeps the contract.</summary>
    public JsonElement Json()
    {
        var json = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(Path, "out.json"))).RootElement;
        Assert.Empty(JsonSchema.Load("docs/prove.schema.json").Problems(json));
        return json;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A cart by session, kept in one of several places.</summary>
    private const string Program = """
        const http = require('http'), https = require('https'), crypto = require('crypto'), fs = require('fs'), path = require('path');
        const mode = process.argv[2], shared = process.env.SHARED;
        if (mode === 'broken') { console.log('no such module'); process.exit(3); }
        const random = bytes => crypto.randomBytes(bytes).toString('hex');
        const memory = new Map(), secret = random(32), me = random(6);
        const file = (folder, key) => path.join(folder, key + '.json');
        const read = (folder, key) => fs.existsSync(file(folder, key)) ? JSON.parse(fs.readFileSync(file(folder, key))) : undefined;
        const write = (folder, key, value) => {
          const fresh = file(folder, key) + random(4);
          fs.writeFileSync(fresh, JSON.stringify(value));
          fs.renameSync(fresh, file(folder, key));
        };
        const sign = text => text + '.' + crypto.createHmac('sha256', secret).update(text).digest('base64url');
        const lines = file => fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
        const store = {
          memory: { get: key => memory.get(key), set: (key, value) => memory.set(key, value) },
          disk: { get: key => read('.', key) && { ...read('.', key), cart: lines(key + '.cart') }, set: (key, value) => write('.', key, value),
            add: (key, sku) => fs.appendFileSync(key + '.cart', sku + '\n') },
          home: { get: key => read(process.env.HOME, key), set: (key, value) => write(process.env.HOME, key, value) },
          late: { get: key => memory.get(key) ?? read(shared, key), set: (key, value) => {
            memory.set(key, value);
            setTimeout(() => { write(shared, key, value); memory.delete(key); }, 1500);
          } },
          cache: {
            get: key => { if (!memory.has(key)) memory.set(key, read(shared, key)); return memory.get(key); },
            set: (key, value) => { write(shared, key, value); memory.set(key, value); } },
          racy: { get: key => read(shared, key), set: (key, value) => write(shared, key, value) },
        }[mode] ?? {
          get: key => read(shared, key) && { ...read(shared, key), cart: lines(file(shared, key) + '.cart') },
          set: (key, value) => write(shared, key, value),
          add: (key, sku) => fs.appendFileSync(file(shared, key) + '.cart', sku + '\n') };
        const add = store.add ?? ((key, sku, session) => store.set(key, { ...session, cart: [...session.cart, sku] }));
        const user = mode === 'next' ? 'name' : 'user';
        let visits = 0;
        const listener = (request, response) => {
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
            if (where === '/sign-in') return send(200, { form: 'user' });
            if (where === '/ticker') return response.writeHead(200, { 'content-type': 'text/plain' }).write('tick');
            if (where === '/visits') return send(200, { visits: ++visits });
            if (where === '/login') {
              const id = random(16);
              if (mode === 'secret') store.set(sign(sent.user), { user: sent.user, cart: [] });
              if (mode === 'secret') return send(200, { at: new Date() }, { 'set-cookie': 'auth=' + sign(sent.user) });
              store.set(id, { [user]: sent.user, cart: [] });
              return send(200, { at: new Date() }, { 'set-cookie': 'sid=' + id });
            }
            const claim = (cookies.auth ?? '').split('.')[0];
            const key = mode === 'secret' ? (claim && sign(claim) === cookies.auth && cookies.auth) : cookies.sid;
            const session = key && store.get(key);
            if (!session && mode === 'pages') return send(302, {}, { location: '/sign-in' });
            if (!session?.[user]) return send(401, { error: 'who are you?' });
            if (request.method === 'POST') {
              return setTimeout(() => {
                add(key, sent.sku, session);
                send(201, { count: session.cart.length + 1, nonce: crypto.randomUUID() });
              }, mode === 'racy' ? 400 : 0);
            }
            const order = [1, 2, 3].sort(() => Math.random() - 0.5);
            return send(200, { ...session, now: Date.now(), luck: Math.random(), pid: process.pid, uptime: Math.floor(process.uptime()), order });
          });
        };
        const tls = process.env.TLS && { cert: fs.readFileSync(process.env.TLS + '.crt'), key: fs.readFileSync(process.env.TLS + '.key') };
        (tls ? https.createServer(tls, listener) : http.createServer(listener)).listen(mode === 'deaf' ? 0 : process.env.PORT, '127.0.0.1');
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
