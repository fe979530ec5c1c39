// A message board that keeps everything in Redis and says everything differently each time.
const express = require('express');
const { createClient } = require('redis');
const { randomBytes, randomInt, randomUUID } = require('crypto');

const redis = createClient({ url: process.env.REDIS_URL });
const app = express();
app.set('etag', false);
app.use(express.json(), express.urlencoded({ extended: false }));

app.use((req, res, next) => {
  const begun = process.hrtime.bigint();
  res.locals.nonce = randomBytes(16).toString('base64');
  res.set({
    'X-Request-Id': randomUUID(),
    'Content-Security-Policy': `script-src 'nonce-${res.locals.nonce}'`,
    ETag: `W/"${Date.now().toString(36)}-${randomBytes(4).toString('hex')}"`,
  });
  res.locals.meta = () => ({
    now: new Date().toISOString(),
    took_us: Number((process.hrtime.bigint() - begun) / 1000n),
    trace: randomBytes(8).toString('hex'),
    load: Math.round(Math.random() * 100) / 100,
  });
  next();
});

const shuffled = list => {
  for (let i = list.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
};
const messages = async board => shuffled(await redis.sMembers(`board:${board}`)).map(text => JSON.parse(text));

app.post('/boards/:board', async (req, res) => {
  const message = { id: randomUUID(), by: req.body?.by ?? 'somebody', text: String(req.body?.text ?? ''), at: Date.now() };
  await redis.multi()
    .sAdd(`board:${req.params.board}`, JSON.stringify(message))
    .sAdd(`authors:${req.params.board}`, message.by)
    .exec();
  res.status(201).json({ message, meta: res.locals.meta() });
});

app.get('/boards/:board', async (req, res) => res.json({
  messages: await messages(req.params.board),
  authors: shuffled(await redis.sMembers(`authors:${req.params.board}`)),
  meta: res.locals.meta(),
}));

app.get('/boards/:board/page', async (req, res) => {
  const entries = (await messages(req.params.board)).map(({ id, by, text, at }) =>
    `<li id="m-${id}"><b>${by}</b> ${text} <time>${new Date(at).toISOString()}</time></li>`);
  res.send(`<!doctype html><title>Board</title>
<ul>${entries.join('\n')}</ul>
<form method="post" action="/boards/${req.params.board}"><input type="hidden" name="once" value="${randomUUID()}"><input name="text"></form>
<script nonce="${res.locals.nonce}">window.rendered = ${Date.now()};</script>
<!-- ${randomBytes(6).toString('hex')} -->`);
});

redis.connect().then(() => app.listen(process.env.PORT, '127.0.0.1'));
