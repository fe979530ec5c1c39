// An archive of documents in the folder that all copies share: written beside its place, then renamed into it.
const express = require('express');
const fs = require('fs/promises');
const path = require('path');
const { randomUUID } = require('crypto');

const root = process.env.SHARED_DIR;
const nameOf = text => encodeURIComponent(text).replaceAll('.', '%2E');
const app = express();
app.use(express.text({ type: 'text/*', limit: '1mb' }));

app.get('/', (req, res) => res.json({ archive: 'documents', request: randomUUID() }));

app.put('/:owner/documents/:name', async (req, res) => {
  const folder = path.join(root, nameOf(req.params.owner));
  await fs.mkdir(folder, { recursive: true });
  const draft = path.join(root, `.draft-${randomUUID()}`);
  await fs.writeFile(draft, req.body ?? '');
  await fs.rename(draft, path.join(folder, nameOf(req.params.name)));
  res.status(204).end();
});

app.get('/:owner/documents', async (req, res) => {
  const folder = path.join(root, nameOf(req.params.owner));
  const names = await fs.readdir(folder).catch(() => []);
  const documents = await Promise.all(names.map(async name => {
    const { size, mtime } = await fs.stat(path.join(folder, name));
    return { name: decodeURIComponent(name), bytes: size, modified: mtime.toISOString() };
  }));
  res.json({ owner: req.params.owner, documents });
});

app.get('/:owner/documents/:name', async (req, res) => {
  try {
    res.type('text').send(await fs.readFile(path.join(root, nameOf(req.params.owner), nameOf(req.params.name)), 'utf8'));
  } catch {
    res.status(404).json({ error: 'There is no such document.' });
  }
});

app.delete('/:owner/documents/:name', async (req, res) => {
  await fs.rm(path.join(root, nameOf(req.params.owner), nameOf(req.params.name)), { force: true });
  res.status(204).end();
});

app.listen(process.env.PORT, '127.0.0.1');
