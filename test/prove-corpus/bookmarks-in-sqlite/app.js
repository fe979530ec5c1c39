// Bookmarks in an SQLite database, a file beside the application.
const express = require('express');
const { Database } = require('node-sqlite3-wasm');

const db = new Database('bookmarks.db');
db.exec(`CREATE TABLE IF NOT EXISTS bookmarks (
  id INTEGER PRIMARY KEY, owner TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL, added TEXT NOT NULL,
  UNIQUE (owner, url))`);

const app = express();
app.use(express.json());

app.get('/healthz', (req, res) => res.json({ database: db.isOpen ? 'open' : 'closed' }));

app.post('/:owner/bookmarks', (req, res) => {
  const { url, title } = req.body ?? {};
  if (!URL.canParse(url)) return res.status(422).json({ error: 'That is no address.' });
  const row = db.get(`INSERT INTO bookmarks (owner, url, title, added) VALUES (?, ?, ?, ?)
    ON CONFLICT (owner, url) DO UPDATE SET title = excluded.title RETURNING id, url, title`,
  [req.params.owner, url, title ?? url, new Date().toISOString()]);
  res.status(201).json(row);
});

app.get('/:owner/bookmarks', (req, res) => {
  const search = `%${req.query.q ?? ''}%`;
  const rows = db.all('SELECT url, title, added FROM bookmarks WHERE owner = ? AND title LIKE ? ORDER BY title', [req.params.owner, search]);
  res.json({ owner: req.params.owner, bookmarks: rows });
});

app.delete('/:owner/bookmarks', (req, res) => {
  db.run('DELETE FROM bookmarks WHERE owner = ? AND url = ?', [req.params.owner, String(req.query.url)]);
  res.status(204).end();
});

const server = app.listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => server.close(() => { db.close(); process.exit(0); }));
