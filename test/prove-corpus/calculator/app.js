// A calculator that counts in Redis who calculated what.
const express = require('express');
const { createClient } = require('redis');
const { randomUUID } = require('crypto');

const redis = createClient({ url: process.env.REDIS_URL });
const operations = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

const app = express();
app.use(express.json());

app.get('/echo', (req, res) => res.json({ you: req.query, at: new Date().toISOString(), agent: req.get('user-agent') ?? null }));

app.post('/calculate', async (req, res) => {
  const { user, operation, a, b } = req.body ?? {};
  if (!Object.hasOwn(operations, operation) || typeof a !== 'number' || typeof b !== 'number') {
    return res.status(422).json({ error: 'An operation and two numbers are needed.' });
  }
  const result = operations[operation](a, b);
  const [, , total] = await redis.multi()
    .hIncrBy(`calculator:${user}`, operation, 1)
    .hSet(`calculator:last:${user}`, { operation, result })
    .incr('calculator:total')
    .exec();
  res.json({ id: randomUUID(), result, servedSoFar: total });
});

app.get('/users/:user', async (req, res) => {
  const [counts, last, total] = await Promise.all([
    redis.hGetAll(`calculator:${req.params.user}`),
    redis.hGetAll(`calculator:last:${req.params.user}`),
    redis.get('calculator:total'),
  ]);
  res.json({
    user: req.params.user,
    counts: Object.fromEntries(Object.entries(counts).sort().map(([operation, count]) => [operation, Number(count)])),
    last: last.result === undefined ? null : Number(last.result),
    servedSoFar: Number(total ?? 0),
  });
});

app.delete('/users/:user', async (req, res) => {
  await redis.del([`calculator:${req.params.user}`, `calculator:last:${req.params.user}`]);
  res.sendStatus(204);
});

redis.connect().then(() => app.listen(process.env.PORT, '127.0.0.1'));
