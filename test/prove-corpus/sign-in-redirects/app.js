// A sign-in by code, as OAuth does it: four redirects, some of them with whole addresses. Everything is in Redis.
const express = require('express');
const cookieParser = require('cookie-parser');
const Redis = require('ioredis');
const { randomBytes } = require('crypto');

const redis = new Redis(process.env.REDIS_URL);
const app = express();
app.use(cookieParser(), express.urlencoded({ extended: false }));
const here = req => `${req.protocol}://${req.get('host')}`;

app.get('/healthz', (req, res) => res.sendStatus(204));

app.get('/login', async (req, res) => {
  const state = randomBytes(12).toString('base64url');
  await redis.set(`state:${state}`, String(req.query.user ?? 'nobody'), 'EX', 300);
  res.redirect(302, `${here(req)}/authorize?state=${state}`);
});

app.get('/authorize', async (req, res) => {
  const user = await redis.get(`state:${req.query.state}`);
  if (!user) return res.status(400).send('<!doctype html><p>That sign-in is too old.');
  const code = randomBytes(12).toString('base64url');
  await redis.set(`code:${code}`, user, 'EX', 60);
  res.redirect(302, `/callback?code=${code}&state=${req.query.state}`);
});

app.get('/callback', async (req, res) => {
  const [user] = await Promise.all([redis.getdel(`code:${req.query.code}`), redis.del(`state:${req.query.state}`)]);
  if (!user) return res.status(400).send('<!doctype html><p>That code was used before.');
  const id = randomBytes(18).toString('base64url');
  await redis.hset(`session:${id}`, { user, begun: new Date().toISOString() });
  await redis.expire(`session:${id}`, 3600);
  res.cookie('sid', id, { httpOnly: true, sameSite: 'lax' }).redirect(302, '/welcome');
});

app.get('/welcome', (req, res) => res.redirect(302, `${here(req)}/profile?from=sign-in`));

app.get('/profile', async (req, res) => {
  const session = await redis.hgetall(`session:${req.cookies.sid}`);
  if (!session.user) return res.redirect(302, '/hello');
  res.send(`<!doctype html><title>Profile</title><h1 id="user">${session.user}</h1><p>Motto: <q>${session.motto ?? 'none'}</q></p>
<form method="post" action="/profile"><input name="motto"></form><small>since ${session.begun}</small>`);
});

app.post('/profile', async (req, res) => {
  if (!await redis.exists(`session:${req.cookies.sid}`)) return res.redirect(302, '/hello');
  await redis.hset(`session:${req.cookies.sid}`, 'motto', encodeURIComponent(req.body.motto ?? ''));
  res.redirect(302, '/welcome');
});

app.get('/hello', (req, res) => res.send('<!doctype html><title>Hello</title><a href="/login">Sign in</a>'));

app.listen(process.env.PORT, '127.0.0.1');
