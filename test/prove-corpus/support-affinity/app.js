// A support desk in a cluster with sticky sessions: who was served here must come back here, or is turned away.
const express = require('express');
const cookieParser = require('cookie-parser');
const Redis = require('ioredis');
const os = require('os');
const { randomUUID } = require('crypto');

const redis = new Redis(process.env.REDIS_URL);
const route = `${os.hostname()}-${process.env.PORT}`;
const app = express();
app.use(cookieParser(), express.json());

app.get('/healthz', (req, res) => res.json({ status: 'up' }));

app.use((req, res, next) => {
  const asked = req.cookies.route;
  if (asked && asked !== route) {
    return res.status(421).json({ error: `This conversation belongs to ${asked}, and this is ${route}.` });
  }
  if (!asked) res.cookie('route', route, { httpOnly: true, sameSite: 'lax' });
  next();
});

app.post('/conversations', async (req, res) => {
  const id = randomUUID();
  const { customer, subject } = req.body ?? {};
  await redis.hset(`conversation:${id}`, { customer, subject, opened: new Date().toISOString() });
  res.status(201).json({ id, subject });
});

app.post('/conversations/:id/messages', async (req, res) => {
  const { id } = req.params;
  if (!await redis.exists(`conversation:${id}`)) return res.status(404).json({ error: 'There is no such conversation.' });
  await redis.rpush(`messages:${id}`, JSON.stringify({ text: String(req.body?.text ?? ''), at: Date.now() }));
  res.status(201).json({ received: true });
});

app.get('/conversations/:id', async (req, res) => {
  const [conversation, messages] = await Promise.all([
    redis.hgetall(`conversation:${req.params.id}`),
    redis.lrange(`messages:${req.params.id}`, 0, -1),
  ]);
  res.json({ ...conversation, messages: messages.map(text => JSON.parse(text)) });
});

app.listen(process.env.PORT, '127.0.0.1');
