// A drop box: uploaded files stay in memory until they are fetched.
const express = require('express');
const multer = require('multer');
const { createHash } = require('crypto');

const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 256 * 1024, files: 1 } });
const boxes = new Map();
const app = express();

app.get('/', (req, res) => res.type('html').send(`<!doctype html><title>Drop box</title>
<form method="post" enctype="multipart/form-data"><input type="file" name="file"><button>Send</button></form>`));

app.post('/boxes/:box', upload.single('file'), (req, res) => {
  if (!req.file) return res.status(400).json({ error: 'A file is needed.' });
  const { originalname, mimetype, buffer } = req.file;
  const box = boxes.get(req.params.box) ?? [];
  box.push({ name: originalname, type: mimetype, bytes: buffer, sum: createHash('sha1').update(buffer).digest('hex') });
  boxes.set(req.params.box, box);
  res.status(201).json({ name: originalname, note: req.body.note ?? '', size: buffer.length });
});

app.get('/boxes/:box', (req, res) => {
  const files = (boxes.get(req.params.box) ?? []).map(({ name, type, sum, bytes }) => ({ name, type, sum, size: bytes.length }));
  res.json({ box: req.params.box, files, checked: new Date().toUTCString() });
});

app.get('/boxes/:box/:name', (req, res) => {
  const file = boxes.get(req.params.box)?.find(one => one.name === req.params.name);
  if (!file) return res.status(404).json({ error: 'There is no such file.' });
  res.type(file.type).send(file.bytes);
});

app.listen(process.env.PORT, '127.0.0.1');
