// A building game. A timer in the process moves its world on; what is being built is in Redis.
const express = require('express');
const Redis = require('ioredis');

const redis = new Redis(process.env.REDIS_URL);
const buildings = { hut: 5, mill: 20, lighthouse: 60 };
const seasons = ['spring', 'summer', 'autumn', 'winter'];
const world = { tick: 0, season: seasons[0] };

setInterval(() => {
  world.tick += 1;
  world.season = seasons[Math.floor(world.tick / 50) % seasons.length];
}, 100);

const app = express();
app.use(express.json());

app.get('/world', (req, res) => res.json({ tick: world.tick, season: world.season, clock: new Date().toISOString() }));

app.post('/players/:player/buildings', async (req, res) => {
  const { kind } = req.body ?? {};
  if (!Object.hasOwn(buildings, kind)) return res.status(422).json({ error: 'Nobody knows how to build that.' });
  const site = { kind, begun: world.tick, readyAt: world.tick + buildings[kind] };
  await redis.rpush(`sites:${req.params.player}`, JSON.stringify(site));
  res.status(201).json(site);
});

app.get('/players/:player', async (req, res) => {
  const sites = (await redis.lrange(`sites:${req.params.player}`, 0, -1)).map(text => JSON.parse(text));
  res.json({
    player: req.params.player,
    tick: world.tick,
    season: world.season,
    buildings: sites.map(({ kind, readyAt }) => ({ kind, ticksLeft: Math.max(0, readyAt - world.tick) })),
  });
});

app.listen(process.env.PORT, '127.0.0.1');
