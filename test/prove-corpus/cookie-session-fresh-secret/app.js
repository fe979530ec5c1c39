// A survey: the answers given so far travel in a signed cookie. The key is made when the process starts.
const express = require('express');
const cookieSession = require('cookie-session');
const { randomBytes } = require('crypto');

const questions = [
  { id: 'age', text: 'How old are you?', choices: ['under 30', '30 to 60', 'over 60'] },
  { id: 'town', text: 'Where do you live?', choices: ['town', 'village', 'farm'] },
  { id: 'travel', text: 'How do you travel?', choices: ['bus', 'bicycle', 'car'] },
];

const app = express();
app.disable('x-powered-by');
app.use(express.urlencoded({ extended: false }));
app.use(cookieSession({ name: 'survey', secret: randomBytes(32).toString('base64'), httpOnly: true }));

app.get('/', (req, res) => {
  const answers = req.session.answers ?? {};
  const next = questions.find(question => !(question.id in answers));
  if (!next) return res.redirect(303, '/summary');
  const options = next.choices.map(choice => `<label><input type="radio" name="answer" value="${choice}"> ${choice}</label>`);
  res.send(`<!doctype html><title>Survey</title><h1>${next.text}</h1>
<p>Question ${Object.keys(answers).length + 1} of ${questions.length}</p>
<form method="post" action="/answers"><input type="hidden" name="question" value="${next.id}">
${options.join('\n')}<button>Next</button></form>
<footer>Rendered ${new Date().toISOString()}</footer>`);
});

app.post('/answers', (req, res) => {
  const question = questions.find(one => one.id === req.body.question);
  if (!question || !question.choices.includes(req.body.answer)) return res.status(400).send('Choose one of the answers.');
  req.session.answers = { ...req.session.answers, [question.id]: req.body.answer };
  res.redirect(303, '/');
});

app.get('/summary', (req, res) => {
  const answers = req.session.answers ?? {};
  const lines = questions.map(question => `<dt>${question.text}</dt><dd id="${question.id}">${answers[question.id] ?? 'no answer'}</dd>`);
  res.send(`<!doctype html><title>Summary</title><dl>${lines.join('')}</dl>`);
});

app.listen(process.env.PORT, '127.0.0.1');
