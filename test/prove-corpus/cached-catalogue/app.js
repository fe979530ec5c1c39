// A price list in Redis, with the prices asked for most in a cache of the process.
const express = require('express');
const Redis = require('ioredis');
const { LRUCache } = require('lru-cache');

const redis = new Redis(process.env.REDIS_URL);
const cache = new LRUCache({ max: 5000, ttl: 5 * 60 * 1000 });
const app = express();
app.use(express.json());

async function find(sku) {
  let product = cache.get(sku);
  if (!product) {
    const fields = await redis.hgetall(`product:${sku}`);
    if (!fields.name) return null;
    product = { sku, name: fields.name, price: Number(fields.price) };
    cache.set(sku, product);
  }
  return product;
}

app.get('/', (req, res) => res.json({ service: 'catalogue', pid: process.pid }));

app.put('/products/:sku', async (req, res) => {
  const { name, price } = req.body ?? {};
  if (!name || !Number.isInteger(price) || price < 0) return res.status(422).json({ error: 'A name and a price in cents are needed.' });
  const { sku } = req.params;
  await redis.hset(`product:${sku}`, { name, price });
  cache.delete(sku);
  res.json({ sku, name, price });
});

app.get('/products/:sku', async (req, res) => {
  const product = await find(req.params.sku);
  if (!product) return res.status(404).json({ error: 'There is no such product.' });
  res.set('Cache-Control', 'no-store').json({ ...product, currency: 'EUR', quoted: new Date().toISOString() });
});

app.delete('/products/:sku', async (req, res) => {
  await redis.del(`product:${req.params.sku}`);
  cache.delete(req.params.sku);
  res.status(204).end();
});

app.listen(process.env.PORT, '127.0.0.1');
