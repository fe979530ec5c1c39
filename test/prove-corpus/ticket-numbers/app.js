// Repair tickets in Redis. Each process numbers its own, from 1.
const express = require('express');
const Redis = require('ioredis');

const redis = new Redis(process.env.REDIS_URL);
let lastNumber = 0;
const app = express();
app.use(express.json());

app.get('/', (req, res) => res.json({ workshop: 'open', at: new Date().toISOString() }));

app.post('/tickets', async (req, res) => {
  const { owner, fault } = req.body ?? {};
  if (!owner || !fault) return res.status(400).json({ error: 'Owner and fault are needed.' });
  const number = ++lastNumber;
  await redis.multi()
    .hset(`ticket:${number}`, { owner, fault, state: 'waiting' })
    .rpush(`tickets:${owner}`, number)
    .exec();
  res.status(201).location(`/tickets/${number}`).json({ number });
});

app.get('/tickets/:number', async (req, res) => {
  const ticket = await redis.hgetall(`ticket:${req.params.number}`);
  if (!ticket.owner) return res.status(404).json({ error: 'There is no such ticket.' });
  res.json({ number: Number(req.params.number), ...ticket });
});

app.get('/owners/:owner/tickets', async (req, res) => {
  const numbers = await redis.lrange(`tickets:${req.params.owner}`, 0, -1);
  const tickets = await Promise.all(numbers.map(number => redis.hgetall(`ticket:${number}`)));
  res.json({ owner: req.params.owner, faults: tickets.map(ticket => ticket.fault) });
});

app.listen(process.env.PORT, '127.0.0.1');
