// Tokens signed with a key pair that the process makes when it starts; notes in Redis.
const express = require('express');
const jwt = require('jsonwebtoken');
const Redis = require('ioredis');
const { generateKeyPairSync, randomUUID } = require('crypto');

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyId = randomUUID();
const redis = new Redis(process.env.REDIS_URL);
const app = express();
app.use(express.json());

app.get('/.well-known/jwks.json', (req, res) =>
  res.json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'ES256' }] }));

app.post('/token', (req, res) => {
  const { user } = req.body ?? {};
  if (!user) return res.status(400).json({ error: 'invalid_request' });
  const token = jwt.sign({ scope: 'notes' }, privateKey, {
    algorithm: 'ES256', keyid: keyId, subject: user, jwtid: randomUUID(), expiresIn: '1h', issuer: 'notes',
  });
  res.json({ access_token: token, token_type: 'Bearer', expires_in: 3600 });
});

function bearer(req, res, next) {
  const [scheme, token] = (req.get('authorization') ?? '').split(' ');
  if (scheme !== 'Bearer') return res.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'A token is needed.' });
  try {
    req.user = jwt.verify(token, publicKey, { algorithms: ['ES256'], issuer: 'notes' }).sub;
    next();
  } catch (error) {
    res.status(401).set('WWW-Authenticate', 'Bearer error="invalid_token"').json({ error: error.message });
  }
}

app.post('/notes', bearer, async (req, res) => {
  const id = randomUUID();
  const note = { id, text: String(req.body?.text ?? ''), created: new Date().toISOString() };
  await redis.hset(`notes:${req.user}`, id, JSON.stringify(note));
  res.status(201).location(`/notes/${id}`).json(note);
});

app.get('/notes', bearer, async (req, res) => {
  const notes = (await redis.hvals(`notes:${req.user}`)).map(text => JSON.parse(text));
  res.json({ user: req.user, notes: notes.sort((a, b) => a.created.localeCompare(b.created)) });
});

app.listen(process.env.PORT, '127.0.0.1');
