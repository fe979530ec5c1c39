// A time sheet: HS256 tokens under a key from the environment, entries in Redis.
const express = require('express');
const jwt = require('jsonwebtoken');
const { createClient } = require('redis');

const secret = process.env.JWT_SECRET;
if (!secret) throw new Error('JWT_SECRET is not set.');

const redis = createClient({ url: process.env.REDIS_URL });
const app = express();
app.use(express.json());

app.post('/sign-in', (req, res) => {
  const { worker } = req.body ?? {};
  if (!worker) return res.status(400).json({ error: 'Who is it?' });
  const token = jwt.sign({ name: worker }, secret, { expiresIn: '8h', subject: worker });
  res.cookie('token', token, { httpOnly: true, sameSite: 'strict' }).json({ worker, token });
});

app.use((req, res, next) => {
  try {
    req.worker = jwt.verify((req.get('authorization') ?? '').replace(/^Bearer /, ''), secret).sub;
    next();
  } catch {
    res.status(401).json({ error: 'Sign in.' });
  }
});

app.post('/hours', async (req, res) => {
  const minutes = Number(req.body?.minutes);
  if (!Number.isInteger(minutes) || minutes < 1) return res.status(422).json({ error: 'Minutes are a whole number.' });
  const entry = { task: String(req.body.task ?? ''), minutes, booked: new Date().toISOString() };
  await redis.multi()
    .rPush(`hours:${req.worker}`, JSON.stringify(entry))
    .hIncrBy(`totals:${req.worker}`, entry.task, minutes)
    .exec();
  res.status(201).json(entry);
});

app.get('/hours', async (req, res) => {
  const [entries, totals] = await Promise.all([redis.lRange(`hours:${req.worker}`, 0, -1), redis.hGetAll(`totals:${req.worker}`)]);
  res.json({
    worker: req.worker,
    entries: entries.map(text => JSON.parse(text)),
    totals: Object.fromEntries(Object.entries(totals).map(([task, minutes]) => [task, Number(minutes)])),
  });
});

redis.connect().then(() => app.listen(process.env.PORT, '127.0.0.1'));
