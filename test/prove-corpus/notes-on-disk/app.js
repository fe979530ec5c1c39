// A ship's log: one line a report, appended to a file in the working folder.
const express = require('express');
const fs = require('fs');
const path = require('path');
const { randomUUID } = require('crypto');

const file = path.resolve('data', 'log.jsonl');
fs.mkdirSync(path.dirname(file), { recursive: true });

function reports() {
  if (!fs.existsSync(file)) return [];
  return fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line));
}

const app = express();
app.use(express.json());

app.get('/healthz', (req, res) => res.type('text').send('ok'));

app.post('/ships/:ship/log', (req, res) => {
  const { text, wind } = req.body ?? {};
  if (!text) return res.status(400).json({ error: 'A report has a text.' });
  const report = { id: randomUUID(), ship: req.params.ship, text, wind: wind ?? null, at: new Date().toISOString() };
  fs.appendFileSync(file, JSON.stringify(report) + '\n');
  res.status(201).json(report);
});

app.get('/ships/:ship/log', (req, res) => {
  const own = reports().filter(report => report.ship === req.params.ship);
  res.json({ ship: req.params.ship, count: own.length, reports: own });
});

app.get('/ships/:ship/log/:id', (req, res) => {
  const report = reports().find(one => one.ship === req.params.ship && one.id === req.params.id);
  return report ? res.json(report) : res.status(404).json({ error: 'There is no such report.' });
});

app.listen(process.env.PORT, '127.0.0.1');
