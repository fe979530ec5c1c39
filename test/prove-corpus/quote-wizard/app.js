// An insurer's quote in three steps. The pages carry the answers along; only the finished quote is kept, in the process.
const express = require('express');
const { randomBytes } = require('crypto');

const quotes = new Map();
const app = express();
app.use(express.urlencoded({ extended: false }));

const escape = text => String(text ?? '').replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);
const hidden = values => Object.entries(values)
  .map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`).join('');
const page = (title, body) => `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1>${body}
<footer>${new Date().toISOString().slice(0, 16)}</footer></body></html>`;

app.get('/quote', (req, res) => res.send(page('Your boat', `<form method="post" action="/quote/boat">
<input name="email"><input name="boat"><button>Next</button></form>`)));

app.post('/quote/boat', (req, res) => {
  const { email, boat } = req.body;
  if (!email || !boat) return res.status(400).send(page('Your boat', '<p class="error">Both are needed.</p>'));
  res.send(page('Your waters', `<form method="post" action="/quote/waters">${hidden({ email, boat })}
<select name="waters"><option>lake</option><option>coast</option><option>ocean</option></select><button>Next</button></form>`));
});

app.post('/quote/waters', (req, res) => {
  const { email, boat, waters } = req.body;
  const premium = { lake: 80, coast: 140, ocean: 390 }[waters];
  if (!premium) return res.status(400).send(page('Your waters', '<p class="error">Choose your waters.</p>'));
  res.send(page('Your price', `<p>A ${escape(boat)} on the ${waters}: <b id="premium">${premium}</b> a year.</p>
<form method="post" action="/quote/accept">${hidden({ email, boat, waters, premium })}<button>Accept</button></form>`));
});

app.post('/quote/accept', (req, res) => {
  const { email, boat, waters, premium } = req.body;
  const number = `Q-${randomBytes(4).toString('hex').toUpperCase()}`;
  quotes.set(email, [...quotes.get(email) ?? [], { number, boat, waters, premium, accepted: new Date() }]);
  res.send(page('Thank you', `<p>Your quote is number <b id="number">${number}</b>.</p><a href="/quotes?email=${encodeURIComponent(email)}">All quotes</a>`));
});

app.get('/quotes', (req, res) => {
  const own = quotes.get(String(req.query.email)) ?? [];
  const rows = own.map(one => `<tr><td>${one.number}</td><td>${escape(one.boat)}</td><td>${one.waters}</td><td>${one.premium}</td></tr>`);
  res.send(page('Your quotes', rows.length ? `<table>${rows.join('')}</table>` : '<p>You have no quotes yet.</p>'));
});

app.listen(process.env.PORT, '127.0.0.1');
