// A dictionary's search: words are put into Redis, the spelling tables take three seconds to load at the start.
const express = require('express');
const Redis = require('ioredis');

const redis = new Redis(process.env.REDIS_URL);
const loadSpellingTables = () => new Promise(resolve => setTimeout(resolve, 3000, { 'ae': 'ä', 'oe': 'ö', 'ue': 'ü' }));

async function main() {
  const tables = await loadSpellingTables();
  const spell = word => word.toLowerCase().replace(/ae|oe|ue/g, pair => tables[pair]);
  const app = express();
  app.use(express.json());

  app.get('/ready', (req, res) => res.json({ ready: true, upSeconds: Math.round(process.uptime()) }));

  app.put('/dictionaries/:dictionary/:word', async (req, res) => {
    const meaning = String(req.body?.meaning ?? '');
    const isNew = await redis.hset(`dictionary:${req.params.dictionary}`, spell(req.params.word), meaning);
    res.status(isNew ? 201 : 200).json({ word: spell(req.params.word), meaning });
  });

  app.get('/dictionaries/:dictionary/:word', async (req, res) => {
    const meaning = await redis.hget(`dictionary:${req.params.dictionary}`, spell(req.params.word));
    if (meaning === null) return res.status(404).json({ error: 'That word is not in it.' });
    res.json({ word: spell(req.params.word), meaning });
  });

  app.get('/dictionaries/:dictionary', async (req, res) => {
    const words = await redis.hkeys(`dictionary:${req.params.dictionary}`);
    res.json({ words: words.sort(), count: words.length });
  });

  app.listen(process.env.PORT, '127.0.0.1');
}

main();
