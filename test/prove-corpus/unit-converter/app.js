// Converts units. Nothing is ever written.
const express = require('express');

const metres = { m: 1, km: 1000, mile: 1609.344, fathom: 1.8288, cable: 185.2, nmi: 1852 };
const app = express();

app.get('/units', (req, res) => res.json({ length: Object.keys(metres), temperature: ['C', 'F'] }));

app.get('/convert', (req, res) => {
  const { from, to } = req.query;
  const value = Number(req.query.value);
  if (!Number.isFinite(value)) return res.status(400).json({ error: 'That is no number.' });
  if (from in metres && to in metres) return res.json({ value, from, to, result: value * metres[from] / metres[to] });
  if (from === 'C' && to === 'F') return res.json({ value, from, to, result: value * 9 / 5 + 32 });
  if (from === 'F' && to === 'C') return res.json({ value, from, to, result: (value - 32) * 5 / 9 });
  res.status(404).json({ error: `${from} can't be converted to ${to}.` });
});

app.get('/', (req, res) => res.type('html').send(`<!doctype html><title>Units</title>
<form action="/convert"><input name="value"><input name="from"><input name="to"><button>Convert</button></form>
<small>${new Date().toUTCString()}</small>`));

app.listen(process.env.PORT, '127.0.0.1');
