// A ferry line's booking: what was chosen so far lives in the signed cookie itself.
const express = require('express');
const cookieSession = require('cookie-session');

const sailings = [
  { id: 'dawn', from: 'Oban', to: 'Mull', leaves: '06:40' },
  { id: 'noon', from: 'Oban', to: 'Mull', leaves: '12:10' },
  { id: 'dusk', from: 'Oban', to: 'Coll', leaves: '18:55' },
];

const app = express();
app.use(express.json());
app.use(cookieSession({ name: 'booking', keys: [process.env.COOKIE_KEY], maxAge: 24 * 60 * 60 * 1000 }));

app.get('/sailings', (req, res) => res.json({ sailings, asOf: new Date().toISOString() }));

app.put('/booking/sailing', (req, res) => {
  const sailing = sailings.find(one => one.id === req.body?.id);
  if (!sailing) return res.status(404).json({ error: 'There is no such sailing.' });
  req.session.sailing = sailing.id;
  req.session.changed = Date.now();
  res.json({ chosen: sailing });
});

app.put('/booking/passenger', (req, res) => {
  if (!req.session.sailing) return res.status(409).json({ error: 'Choose a sailing first.' });
  req.session.passenger = String(req.body?.name ?? '').slice(0, 60);
  req.session.changed = Date.now();
  res.json({ passenger: req.session.passenger });
});

app.get('/booking', (req, res) => {
  if (req.session.isNew) return res.status(404).json({ error: 'Nothing is booked.' });
  const sailing = sailings.find(one => one.id === req.session.sailing);
  res.json({ sailing, passenger: req.session.passenger ?? null, changed: req.session.changed });
});

app.delete('/booking', (req, res) => {
  req.session = null;
  res.status(204).end();
});

app.listen(process.env.PORT, '127.0.0.1');
