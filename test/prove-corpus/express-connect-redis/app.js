// A newspaper's reader: settings live in the session, the session in Redis.
const express = require('express');
const session = require('express-session');
const { RedisStore } = require('connect-redis');
const { createClient } = require('redis');
const { randomUUID } = require('crypto');

async function main() {
  const redis = createClient({ url: process.env.REDIS_URL });
  redis.on('error', error => console.error('redis:', error.message));
  await redis.connect();

  const app = express();
  app.use((req, res, next) => { res.set('X-Request-Id', randomUUID()); next(); });
  app.get('/healthz', (req, res) => res.json({ status: 'ok', uptime: process.uptime() }));
  app.use(express.json());
  app.use(session({
    store: new RedisStore({ client: redis, prefix: 'reader:', ttl: 1800 }),
    name: 'reader',
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
  }));

  const known = (req, res, next) => req.session.reader ? next() : res.status(401).json({ error: 'Who are you?' });

  app.post('/login', (req, res) => {
    req.session.reader = String(req.body?.user ?? '');
    req.session.settings = { language: 'en', size: 'medium' };
    res.json({ reader: req.session.reader });
  });

  app.put('/settings', known, (req, res) => {
    const { language, size } = req.body ?? {};
    if (!['en', 'de', 'fr'].includes(language)) return res.status(422).json({ error: 'No such language.' });
    req.session.settings = { language, size: size ?? 'medium' };
    res.json(req.session.settings);
  });

  app.get('/settings', known, (req, res) => res.json({
    reader: req.session.reader,
    settings: req.session.settings,
    at: Date.now(),
  }));

  app.get('/front-page', known, (req, res) => {
    const greeting = { en: 'Good morning', de: 'Guten Morgen', fr: 'Bonjour' }[req.session.settings.language];
    res.type('html').send(`<!doctype html><title>The Tide</title>
<h1 class="size-${req.session.settings.size}">${greeting}, ${encodeURIComponent(req.session.reader)}</h1>
<p>${new Date().toUTCString()}</p>`);
  });

  app.post('/logout', known, (req, res) => req.session.destroy(() => res.status(204).end()));

  const server = app.listen(process.env.PORT, '127.0.0.1');
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
}

main();
