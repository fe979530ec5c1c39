// What an application does with ioredis: pipelines, buffers, counters, expiry, scanning, messages, and a server that is killed.
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { address, done, hold, path, tls, until } from './connection.mjs';

const options = path ? { path } : { host: address.hostname, port: Number(address.port), password: address.password, tls: tls ?? undefined };
const redis = new Redis({ ...options, connectionName: 'test', retryStrategy: () => 50, maxRetriesPerRequest: null });
const listener = redis.duplicate();

assert.equal(await redis.client('GETNAME'), 'test');
assert.equal(await redis.set('io:a', 'one', 'EX', 100), 'OK');
assert.equal(await redis.get('io:a'), 'one');
assert.ok((await redis.ttl('io:a')) > 90);
assert.equal(await redis.set('io:a', 'two', 'NX'), null);
const bytes = Buffer.from([0, 13, 10, 255, 128]);
await redis.set('io:bytes', bytes);
assert.deepEqual(await redis.getBuffer('io:bytes'), bytes);

await redis.hset('io:hash', { name: 'Ada', visits: 1 });
assert.equal(await redis.hincrby('io:hash', 'visits', 2), 3);
assert.deepEqual(await redis.hgetall('io:hash'), { name: 'Ada', visits: '3' });
assert.deepEqual(await redis.hmget('io:hash', 'name', 'none'), ['Ada', null]);

const pipeline = redis.pipeline();
for (let i = 0; i < 1000; i++) {
  pipeline.set(`io:many:${i}`, i).get(`io:many:${i}`).incr('io:count');
}

const replies = await pipeline.exec();
assert.equal(replies.length, 3000);
for (let i = 0; i < 1000; i++) {
  assert.deepEqual(replies.slice(3 * i, 3 * i + 3), [[null, 'OK'], [null, String(i)], [null, i + 1]]);
}

assert.deepEqual(await redis.mget('io:many:7', 'io:none', 'io:many:8'), ['7', null, '8']);
const found = new Set();
for await (const keys of redis.scanStream({ match: 'io:many:*', count: 100 })) {
  keys.forEach((key) => found.add(key));
}

assert.equal(found.size, 1000);
assert.equal(await redis.del(...found), 1000);

// What the node lacks on purpose is told in Redis's words.
await assert.rejects(redis.multi({ pipeline: false }), /ERR unknown command 'multi'/i);
await assert.rejects(redis.eval('return 1', 0), /ERR unknown command 'eval'/i);
await assert.rejects(redis.call('INCR', 'io:hash'), /WRONGTYPE/);
assert.ok((await redis.info()).includes('redis_version:'));

const heard = [];
listener.on('message', (channel, message) => heard.push([channel, message]));
listener.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
await listener.subscribe('io:news');
await listener.psubscribe('io:n*');
assert.equal(await redis.publish('io:news', 'hello'), 2);
await until(async () => heard.length, (count) => count === 2);
assert.deepEqual(heard.sort((a, b) => a.length - b.length), [['io:news', 'hello'], ['io:n*', 'io:news', 'hello']]);

await redis.set('io:kept', 'over the crash');
await hold('kill');
assert.equal(await redis.get('io:kept'), 'over the crash');
heard.length = 0;
await until(() => redis.publish('io:news', 'again'), (count) => count === 2);
await until(async () => heard.length, (count) => count >= 2);
await redis.del('io:kept', 'io:hash', 'io:a', 'io:bytes', 'io:count');
done();
