// What an application does with node-redis, which speaks RESP2 or RESP3 as it is told.
import assert from 'node:assert/strict';
import { createClient, RESP_TYPES } from 'redis';
import { address, done, hold, path, tls, until } from './connection.mjs';

const socket = path
  ? { path, reconnectStrategy: 50 }
  : { host: address.hostname, port: Number(address.port), reconnectStrategy: 50, ...(tls && { tls: true, ...tls }) };
const client = createClient({ RESP: Number(process.env.RESP ?? 2), password: address?.password, socket, name: 'test' });
client.on('error', () => {});
await client.connect();

assert.equal(await client.clientGetName(), 'test');
assert.equal(await client.set('nr:a', 'one', { EX: 100 }), 'OK');
assert.equal(await client.get('nr:a'), 'one');
assert.ok((await client.ttl('nr:a')) > 90);
assert.equal(await client.set('nr:a', 'two', { NX: true }), null);
const bytes = Buffer.from([0, 13, 10, 255, 128]);
await client.set('nr:bytes', bytes);
assert.deepEqual(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get('nr:bytes'), bytes);

await client.hSet('nr:hash', { name: 'Ada', visits: 1 });
assert.equal(await client.hIncrBy('nr:hash', 'visits', 2), 3);
assert.deepEqual({ ...(await client.hGetAll('nr:hash')) }, { name: 'Ada', visits: '3' });

// Commands of one turn of the event loop are pipelined.
const counts = await Promise.all(Array.from({ length: 2000 }, (_, i) => (i % 2 ? client.incr('nr:count') : client.set(`nr:many:${i}`, String(i)))));
assert.deepEqual(counts.filter((_, i) => i % 2), Array.from({ length: 1000 }, (_, i) => i + 1));
const found = new Set();
for await (const keys of client.scanIterator({ MATCH: 'nr:many:*', COUNT: 100 })) {
  keys.forEach((key) => found.add(key));
}

assert.equal(found.size, 1000);
assert.equal(await client.del([...found]), 1000);

await assert.rejects(client.multi().set('nr:x', '1').exec(), /unknown command 'MULTI'/);
assert.equal(await client.get('nr:a'), 'one');
await assert.rejects(client.eval('return 1'), /unknown command 'EVAL'/);
await assert.rejects(client.sendCommand(['INCR', 'nr:hash']), /WRONGTYPE/);
assert.equal((await client.commandInfo(['get', 'mset'])).length, 2);
assert.ok((await client.commandCount()) > 50);

const listener = client.duplicate();
listener.on('error', () => {});
await listener.connect();
const heard = [];
await listener.subscribe('nr:news', (message, channel) => heard.push([channel, message]));
assert.equal(await client.publish('nr:news', 'hello'), 1);
await until(async () => heard.length, (count) => count === 1);
assert.deepEqual(heard, [['nr:news', 'hello']]);

await client.set('nr:kept', 'over the crash');
await hold('kill');
assert.equal(await until(() => client.get('nr:kept'), (answer) => !(answer instanceof Error)), 'over the crash');
heard.length = 0;
await until(() => client.publish('nr:news', 'again'), (count) => count === 1);
await until(async () => heard.length, (count) => count === 1);
await client.del(['nr:kept', 'nr:hash', 'nr:a', 'nr:bytes', 'nr:count']);
done();
