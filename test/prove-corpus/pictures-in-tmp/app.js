// Pictures are kept in the system's folder for temporary files, under the name of their contents' hash.
const express = require('express');
const fs = require('fs/promises');
const os = require('os');
const path = require('path');
const { createHash } = require('crypto');

const folder = path.join(os.tmpdir(), 'pictures');
const types = { 'image/svg+xml': '.svg', 'text/plain': '.txt' };

const app = express();
app.get('/', (req, res) => res.json({ accepts: Object.keys(types), now: Date.now() }));

app.post('/albums/:album/pictures', express.raw({ type: Object.keys(types), limit: '1mb' }), async (req, res) => {
  if (!Buffer.isBuffer(req.body)) return res.status(415).json({ error: 'Send an SVG or a text.' });
  const id = createHash('sha256').update(req.body).digest('hex').slice(0, 16) + types[req.get('content-type')];
  const album = path.join(folder, encodeURIComponent(req.params.album));
  await fs.mkdir(album, { recursive: true });
  await fs.writeFile(path.join(album, id), req.body);
  res.status(201).json({ id, bytes: req.body.length, received: new Date().toISOString() });
});

app.get('/albums/:album', async (req, res) => {
  const names = await fs.readdir(path.join(folder, encodeURIComponent(req.params.album))).catch(() => []);
  res.json({ album: req.params.album, pictures: names.sort() });
});

app.get('/albums/:album/pictures/:id', (req, res, next) => {
  const root = path.join(folder, encodeURIComponent(req.params.album));
  res.sendFile(req.params.id, { root }, error => error && next(error));
});

app.use((error, req, res, next) => res.status(error.status ?? 500).json({ error: 'There is no such picture.' }));

app.listen(process.env.PORT, '127.0.0.1');
