// A guest book of server-rendered forms. The CSRF token is bound to the visitor's cookie under a secret that all copies have.
const express = require('express');
const cookieParser = require('cookie-parser');
const ejs = require('ejs');
const Redis = require('ioredis');
const { doubleCsrf } = require('csrf-csrf');
const { randomUUID } = require('crypto');

const redis = new Redis(process.env.REDIS_URL);
const { generateCsrfToken, doubleCsrfProtection } = doubleCsrf({
  getSecret: () => process.env.CSRF_SECRET,
  getSessionIdentifier: req => req.visitor,
  getCsrfTokenFromRequest: req => req.body._csrf,
  cookieName: 'csrf',
  cookieOptions: { sameSite: 'lax', secure: false, path: '/' },
});

const app = express();
app.engine('ejs', ejs.renderFile);
app.set('view engine', 'ejs');
app.set('views', 'views');
app.use(cookieParser(), express.urlencoded({ extended: false }));
app.use((req, res, next) => {
  req.visitor = req.cookies.visitor;
  if (!req.visitor) {
    req.visitor = randomUUID();
    res.cookie('visitor', req.visitor, { httpOnly: true, sameSite: 'lax' });
  }
  next();
});

app.get('/healthz', (req, res) => res.send('ok'));

app.get('/books/:book', async (req, res) => {
  const entries = (await redis.lrange(`book:${req.params.book}`, 0, 49)).map(text => JSON.parse(text));
  res.render('book', {
    book: req.params.book,
    entries,
    mine: entries.filter(entry => entry.visitor === req.visitor).length,
    token: generateCsrfToken(req, res),
  });
});

app.post('/books/:book', doubleCsrfProtection, async (req, res) => {
  const { name, text } = req.body;
  if (!name || !text) return res.status(400).send('<!doctype html><p>Name and text, please.');
  await redis.lpush(`book:${req.params.book}`, JSON.stringify({ name, text, visitor: req.visitor, at: Date.now() }));
  res.redirect(303, `/books/${req.params.book}`);
});

app.use((error, req, res, next) => res.status(error.statusCode ?? 500).send(`<!doctype html><p class="error">${error.code ?? 'It failed.'}`));

app.listen(process.env.PORT, '127.0.0.1');
