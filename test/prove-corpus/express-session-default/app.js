// A customer's account: signs in, keeps address and newsletter choice in the session.
const express = require('express');
const session = require('express-session');

const app = express();
app.use(express.json());
app.use(session({
  secret: process.env.SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax', maxAge: 30 * 60 * 1000 },
}));

const signedIn = (req, res, next) => req.session.user ? next() : res.status(401).json({ error: 'Sign in first.' });

app.get('/', (req, res) => res.json({ service: 'accounts', time: new Date().toISOString() }));

app.post('/login', (req, res) => {
  const { user } = req.body ?? {};
  if (typeof user !== 'string' || user === '') return res.status(400).json({ error: 'A user is needed.' });
  req.session.regenerate(error => {
    if (error) return res.status(500).json({ error: 'Try again.' });
    req.session.user = user;
    req.session.since = Date.now();
    res.json({ user });
  });
});

app.put('/account/address', signedIn, (req, res) => {
  const { street, city } = req.body ?? {};
  if (!street || !city) return res.status(400).json({ error: 'Street and city are needed.' });
  req.session.address = { street, city };
  res.status(204).end();
});

app.put('/account/newsletter', signedIn, (req, res) => {
  req.session.newsletter = Boolean(req.body?.subscribed);
  res.status(204).end();
});

app.get('/account', signedIn, (req, res) => res.json({
  user: req.session.user,
  signedInAt: new Date(req.session.since).toISOString(),
  address: req.session.address ?? null,
  newsletter: req.session.newsletter ?? false,
}));

app.post('/logout', (req, res) => req.session.destroy(() => res.clearCookie('connect.sid').status(204).end()));

app.listen(process.env.PORT, '127.0.0.1');
