// One-time codes by text message: at most three a minute for each number. The limit is counted where the request arrives.
const express = require('express');
const Redis = require('ioredis');
const { rateLimit } = require('express-rate-limit');
const { randomInt } = require('crypto');

const redis = new Redis(process.env.REDIS_URL);
const app = express();
app.use(express.json());

const threeAMinute = rateLimit({
  windowMs: 60 * 1000,
  limit: 3,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  keyGenerator: req => String(req.body?.phone),
  message: { error: 'Wait a minute.' },
});

app.get('/', (req, res) => res.json({ service: 'codes' }));

app.post('/codes', threeAMinute, async (req, res) => {
  const { phone } = req.body ?? {};
  if (!phone) return res.status(400).json({ error: 'A number is needed.' });
  const code = String(randomInt(1e6)).padStart(6, '0');
  await redis.multi()
    .set(`code:${phone}`, code, 'EX', 300)
    .incr(`sent:${phone}`)
    .exec();
  res.status(202).json({ sent: true, validSeconds: 300 });
});

app.post('/codes/check', async (req, res) => {
  const { phone, code } = req.body ?? {};
  const right = await redis.get(`code:${phone}`);
  res.json({ valid: right !== null && right === String(code) });
});

app.get('/phones/:phone', async (req, res) =>
  res.json({ phone: req.params.phone, messages: Number(await redis.get(`sent:${req.params.phone}`) ?? 0) }));

app.listen(process.env.PORT, '127.0.0.1');
