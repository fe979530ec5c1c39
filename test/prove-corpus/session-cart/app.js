// A florist's cart in the session, the session in Redis: each request reads the whole session and writes it back whole.
const express = require('express');
const session = require('express-session');
const { RedisStore } = require('connect-redis');
const { createClient } = require('redis');

const prices = { rose: 350, tulip: 180, lily: 420 };
const stockOf = () => new Promise(resolve => setTimeout(resolve, 15, 100)); // The warehouse's API takes its time.

async function main() {
  const redis = createClient({ url: process.env.REDIS_URL });
  await redis.connect();

  const app = express();
  app.use(session({
    store: new RedisStore({ client: redis, prefix: 'florist:' }),
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
  }));
  app.use(express.json());

  app.post('/cart', async (req, res) => {
    const { sku } = req.body ?? {};
    if (!(sku in prices)) return res.status(404).json({ error: 'We have no such flower.' });
    if (await stockOf(sku) < 1) return res.status(409).json({ error: 'Sold out.' });
    const cart = req.session.cart ?? [];
    req.session.cart = [...cart, sku];
    res.status(201).json({ added: sku });
  });

  app.get('/cart', (req, res) => {
    const cart = req.session.cart ?? [];
    res.json({
      items: cart,
      count: cart.length,
      total: cart.reduce((sum, sku) => sum + prices[sku], 0),
      quotedAt: new Date().toISOString(),
    });
  });

  app.delete('/cart', (req, res) => {
    req.session.cart = [];
    res.status(204).end();
  });

  app.listen(process.env.PORT, '127.0.0.1');
}

main();
