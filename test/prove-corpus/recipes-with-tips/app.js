// Recipes in Redis. Now and then an answer has a tip of the day, an advertisement or a notice too.
const express = require('express');
const { createClient } = require('redis');

const redis = createClient({ url: process.env.REDIS_URL });
const tips = ['Salt the water.', 'Warm the plates.', 'Sharpen the knife.', 'Taste as you go.'];
const anyOf = list => list[Math.floor(Math.random() * list.length)];
const app = express();
app.use(express.json());

app.use((req, res, next) => {
  if (Math.random() < 0.1) res.set('X-Notice', 'Maintenance on Sunday.');
  const json = res.json.bind(res);
  res.json = body => json(Math.random() < 0.15 ? { ...body, tip: anyOf(tips) } : body);
  next();
});

app.get('/', (req, res) => res.json({ service: 'recipes' }));

app.put('/cooks/:cook/recipes/:name', async (req, res) => {
  const { minutes, steps } = req.body ?? {};
  if (!Number.isInteger(minutes) || !Array.isArray(steps)) return res.status(422).json({ error: 'Minutes and steps are needed.' });
  await redis.hSet(`recipes:${req.params.cook}`, req.params.name, JSON.stringify({ minutes, steps }));
  res.json({ saved: req.params.name });
});

app.get('/cooks/:cook/recipes/:name', async (req, res) => {
  const recipe = await redis.hGet(`recipes:${req.params.cook}`, req.params.name);
  if (!recipe) return res.status(404).json({ error: 'There is no such recipe.' });
  res.json({ name: req.params.name, ...JSON.parse(recipe), advertisement: anyOf(['pans', 'aprons', 'ovens']) });
});

app.get('/cooks/:cook', async (req, res) => {
  const names = await redis.hKeys(`recipes:${req.params.cook}`);
  res.json({ cook: req.params.cook, recipes: names.sort(), generated: new Date().toISOString() });
});

redis.connect().then(() => app.listen(process.env.PORT, '127.0.0.1'));
