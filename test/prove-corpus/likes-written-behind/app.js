// Likes of articles: counted in memory first, and added to Redis every two seconds, so as to spare it.
const express = require('express');
const Redis = require('ioredis');

const redis = new Redis(process.env.REDIS_URL);
const waiting = new Map();

async function flush() {
  const batch = [...waiting];
  waiting.clear();
  if (batch.length === 0) return;
  const pipeline = redis.pipeline();
  for (const [article, likes] of batch) pipeline.hincrby('likes', article, likes);
  await pipeline.exec();
}

const timer = setInterval(flush, 2000);
const app = express();
app.use(express.json());

app.get('/', (req, res) => res.json({ service: 'likes', started: new Date(Date.now() - process.uptime() * 1000).toISOString() }));

app.post('/articles/:article/likes', (req, res) => {
  const { article } = req.params;
  waiting.set(article, (waiting.get(article) ?? 0) + 1);
  res.status(202).json({ article, thanks: true });
});

app.get('/articles/:article', async (req, res) => {
  const { article } = req.params;
  const stored = Number(await redis.hget('likes', article) ?? 0);
  res.json({ article, likes: stored + (waiting.get(article) ?? 0), at: new Date().toISOString() });
});

const server = app.listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => {
  clearInterval(timer);
  server.close(async () => {
    await flush();
    process.exit(0);
  });
});
