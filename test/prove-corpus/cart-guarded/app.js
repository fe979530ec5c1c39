// A wine merchant's cart, one JSON text in Redis. It is written only over the version that was read, and tried again otherwise.
const express = require('express');
const Redis = require('ioredis');

const redis = new Redis(process.env.REDIS_URL);
redis.defineCommand('replace', {
  numberOfKeys: 1,
  lua: `local now = redis.call('HGET', KEYS[1], 'version') or '0'
if now ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', now + 1, 'cart', ARGV[2])
redis.call('EXPIRE', KEYS[1], 86400)
return 1`,
});

const bottles = { riesling: 1250, malbec: 990, port: 2400 };
const app = express();
app.use(express.json());

async function load(user) {
  const [version, cart] = await redis.hmget(`wine:${user}`, 'version', 'cart');
  return { version: version ?? '0', cart: JSON.parse(cart ?? '{"bottles":{},"cents":0}') };
}

async function change(user, how) {
  for (let tries = 0; tries < 50; tries++) {
    const { version, cart } = await load(user);
    how(cart);
    if (await redis.replace(`wine:${user}`, version, JSON.stringify(cart))) return cart;
    await new Promise(resolve => setTimeout(resolve, Math.random() * 10));
  }
  throw new Error('Too many changes at once.');
}

app.post('/cart/:user', async (req, res) => {
  const { wine } = req.body ?? {};
  if (!Object.hasOwn(bottles, wine)) return res.status(404).json({ error: 'We have no such wine.' });
  await change(req.params.user, cart => {
    cart.bottles[wine] = (cart.bottles[wine] ?? 0) + 1;
    cart.cents += bottles[wine];
  });
  res.status(202).json({ added: wine });
});

app.get('/cart/:user', async (req, res) => {
  const { version, cart } = await load(req.params.user);
  res.set('ETag', `"${version}"`).json({ ...cart, shown: Date.now() });
});

app.delete('/cart/:user', async (req, res) => {
  await change(req.params.user, cart => Object.assign(cart, { bottles: {}, cents: 0 }));
  res.status(204).end();
});

app.listen(process.env.PORT, '127.0.0.1');
