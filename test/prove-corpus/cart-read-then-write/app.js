// A grocer's cart, one JSON text in Redis: read, changed, written back.
const express = require('express');
const Redis = require('ioredis');
const { randomUUID } = require('crypto');

const redis = new Redis(process.env.REDIS_URL);
const priceOf = sku => new Promise(resolve => setTimeout(resolve, 20, { bread: 320, milk: 140, eggs: 290 }[sku])); // The price list is another service.
const app = express();
app.use(express.json());
app.use((req, res, next) => {
  res.set('X-Request-Id', req.get('x-request-id') ?? randomUUID());
  next();
});

const load = async user => JSON.parse(await redis.get(`cart:${user}`) ?? '{"lines":[],"total":0}');

app.get('/', (req, res) => res.json({ shop: 'grocer', opensAt: '08:00' }));

app.post('/carts/:user/lines', async (req, res) => {
  const { sku, quantity = 1 } = req.body ?? {};
  const cart = await load(req.params.user);
  const price = await priceOf(sku);
  if (price === undefined) return res.status(404).json({ error: `We have no ${sku}.` });
  cart.lines.push({ sku, quantity, price });
  cart.total += price * quantity;
  await redis.set(`cart:${req.params.user}`, JSON.stringify(cart), 'EX', 86400);
  res.status(201).json({ lines: cart.lines.length });
});

app.get('/carts/:user', async (req, res) => res.json({ ...await load(req.params.user), shown: new Date().toISOString() }));

app.delete('/carts/:user', async (req, res) => {
  await redis.del(`cart:${req.params.user}`);
  res.status(204).end();
});

app.listen(process.env.PORT, '127.0.0.1');
