// express-session on connect-redis: a session is begun, read, written, touched and ended, by a browser's cookie.
import assert from 'node:assert/strict';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';
import { address, done, hold, path, tls, until } from './connection.mjs';

const socket = path
  ? { path, reconnectStrategy: 50 }
  : { host: address.hostname, port: Number(address.port), reconnectStrategy: 50, ...(tls && { tls: true, ...tls }) };
const client = createClient({ password: address?.password, socket });
client.on('error', () => {});
await client.connect();

const store = new RedisStore({ client, prefix: 'sess:' });
const app = express();
app.use(session({ store, secret: 'tide', resave: false, saveUninitialized: false, rolling: false, cookie: { maxAge: 100_000 } }));
app.get('/visit', (request, response) => {
  request.session.visits = (request.session.visits ?? 0) + 1;
  response.json(request.session.visits);
});
app.get('/look', (request, response) => response.json(request.session.visits ?? null));
app.get('/out', (request, response) => request.session.destroy(() => response.json('out')));
app.use((fault, request, response, next) => response.status(500).json(String(fault)));
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));

let cookie = '';
async function ask(where) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${where}`, { headers: { cookie } });
  cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
  return response.ok ? response.json() : new Error(await response.text());
}

assert.equal(await ask('/look'), null);
assert.equal(await ask('/visit'), 1);
assert.equal(await ask('/visit'), 2);
const [key] = await client.keys?.('sess:*').catch(() => []) ?? [];
assert.equal(key, undefined, 'KEYS is absent');
const keys = [];
for await (const page of client.scanIterator({ MATCH: 'sess:*' })) {
  keys.push(...page);
}

assert.equal(keys.length, 1);
await client.expire(keys[0], 10);
assert.equal(await ask('/look'), 2);
await until(() => client.ttl(keys[0]), (left) => left > 50);
assert.equal((await new Promise((resolve, reject) => store.length((fault, count) => (fault ? reject(fault) : resolve(count))))), 1);

await hold('kill');
assert.equal(await until(() => ask('/look'), (answer) => !(answer instanceof Error)), 2);
assert.equal(await ask('/visit'), 3);
assert.equal(await ask('/out'), 'out');
assert.equal(await client.exists(keys[0]), 0);
assert.equal(await ask('/look'), null);
done();
