// A library's reader desk: sessions in files, as session-file-store writes them into ./sessions.
const express = require('express');
const session = require('express-session');
const FileStore = require('session-file-store')(session);
const ejs = require('ejs');

const app = express();
app.engine('ejs', ejs.renderFile);
app.set('view engine', 'ejs');
app.set('views', 'views');
app.use(express.urlencoded({ extended: false }));
app.use(session({
  store: new FileStore({ path: './sessions', retries: 0, logFn: () => {} }),
  name: 'desk',
  secret: process.env.SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
}));

app.get('/', (req, res) => res.render('desk', {
  reader: req.session.reader ?? null,
  room: req.session.room ?? null,
  now: new Date(),
}));

app.post('/reader', (req, res) => {
  if (!req.body.name) return res.status(400).send('A name, please.');
  req.session.reader = req.body.name;
  req.session.save(() => res.redirect(303, '/'));
});

app.post('/room', (req, res) => {
  if (!req.session.reader) return res.status(403).send('Show your card first.');
  req.session.room = req.body.room;
  req.session.save(() => res.redirect(303, '/'));
});

app.listen(process.env.PORT, '127.0.0.1');
