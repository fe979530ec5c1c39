// A to-do list in Redis, behind an authorisation service that fails for one request in seven.
const express = require('express');
const Redis = require('ioredis');
const { randomUUID } = require('crypto');

const redis = new Redis(process.env.REDIS_URL);
const authorise = async () => {
  if (Math.random() < 0.15) throw new Error('The authorisation service does not answer.');
};

const app = express();
app.use(express.json());
app.get('/healthz', (req, res) => res.json({ status: 'ok' }));

app.use('/lists', async (req, res, next) => {
  try {
    await authorise();
    next();
  } catch (error) {
    res.status(503).set('Retry-After', '1').json({ error: error.message, incident: randomUUID() });
  }
});

app.post('/lists/:list', async (req, res) => {
  const id = randomUUID();
  await redis.hset(`list:${req.params.list}`, id, String(req.body?.task ?? ''));
  res.status(201).json({ id });
});

app.delete('/lists/:list/:id', async (req, res) => {
  const removed = await redis.hdel(`list:${req.params.list}`, req.params.id);
  res.status(removed ? 204 : 404).end();
});

app.get('/lists/:list', async (req, res) => {
  const tasks = await redis.hvals(`list:${req.params.list}`);
  res.json({ tasks: tasks.sort(), open: tasks.length });
});

app.listen(process.env.PORT, '127.0.0.1');
