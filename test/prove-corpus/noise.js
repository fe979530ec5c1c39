// `node noise.js COMMAND …` runs a case's command on a port of its own, and stands before it on $PORT: it puts into every
// answer what differs from one to the next and means nothing, as gateways, tracing and advertisements do.
const http = require('http'), { spawn } = require('child_process'), crypto = require('crypto');

const random = bytes => crypto.randomBytes(bytes).toString('hex');
const words = ['tide', 'kelp', 'rock', 'spray', 'ebb', 'shoal', 'reef', 'dune'];
const word = () => words[Math.floor(Math.random() * words.length)];

function noisy(type, body) {
  if (/json/.test(type)) {
    const value = JSON.parse(body);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return body;
    return JSON.stringify({ ...value, served: new Date().toISOString(), trace: random(12), luck: Math.random(), mood: word(),
      ...(Math.random() < 0.3 ? { advertisement: `Buy ${word()} today` } : {}) });
  }
  if (/html/.test(type)) {
    return body.replace('</body>', `<footer data-trace="${random(12)}">Served at ${new Date().toISOString()}, ${Math.random()} s <em>${word()}</em></footer></body>`);
  }
  return body;
}

// As unlike another copy's as the port that it was given, and among neither those nor the ones that the system gives to anybody.
const inner = +process.env.PORT - 12000;
const [command, ...rest] = process.argv.slice(2);
const child = spawn(command, rest, { stdio: 'inherit', env: { ...process.env, PORT: inner, ASPNETCORE_URLS: `http://127.0.0.1:${inner}` } });
child.on('exit', code => process.exit(code ?? 0));
process.on('SIGTERM', () => child.kill('SIGTERM'));
const agent = new http.Agent({ keepAlive: false });
http.createServer((request, response) => {
  const forwarded = http.request({ port: inner, host: '127.0.0.1', method: request.method, path: request.url, headers: request.headers, agent }, answer => {
    const parts = [];
    answer.on('data', part => parts.push(part));
    answer.on('end', () => setTimeout(() => {
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
      const body = Buffer.concat(parts);
      const type = headers['content-type'] ?? '';
      const sent = body.length && /json|html/.test(type) ? Buffer.from(noisy(type, body.toString())) : body;
      response.writeHead(answer.statusCode, { ...headers, 'x-trace': random(8), 'x-mood': word() }).end(sent);
    }, Math.random() * 15));
  });
  forwarded.on('error', () => response.writeHead(503).end());
  request.pipe(forwarded);
}).listen(process.env.PORT, '127.0.0.1');
