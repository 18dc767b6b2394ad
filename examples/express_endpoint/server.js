// A partner's endpoint for Alohub's call webhooks, in Express: keep the event, answer 200, work afterwards.
//
// ALOHUB_WEBHOOK_KEY  the key agreed with Alohub, sent as it is in the Authorization header (required)
// PORT                the port on 127.0.0.1 (default 8000; 0 takes a free one)
// CALLS_DB            the SQLite file that remembers events (default calls.sqlite3)

import { isUtf8 } from 'node:buffer'
import { createHash, timingSafeEqual } from 'node:crypto'
import express from 'express'
import Database from 'libsql'

const PATH = '/api/alohub/webhook'
const MAX_BODY = 256 * 1024 // bytes; an event has about 600

const TEXTS = [
  'call_id', 'call_status', 'direction', 'caller_number', 'destination_number', 'starttime', 'answertime', 'endtime',
  'hangup_by', 'hotline', 'total_duration', 'holding_duration', 'recording_url', 'eventType'
]
// Alohub's documents do not say what these two hold when there is no agent or no transaction: "", null or nothing.
const TEXTS_OR_NOTHING = ['transactionID', 'userName']
const NUMBER = 'objectId'

const key = process.env.ALOHUB_WEBHOOK_KEY
if (!key) {
  console.error('ALOHUB_WEBHOOK_KEY is not set: without a key anybody could post calls')
  process.exit(1)
}

// Your own work: update the CRM, fetch the recording, tell the agent. It may take its time, the answer is out.
// A crash between this and the mark in the database repeats the work at the next start, so let it be repeatable.
async function processEvent (event) {
  console.error(`call ${event.call_id}: ${event.call_status}, ${event.endtime ? 'ended' : 'running'}`)
}

// Every event once, on disk: the inbox of the webhook, the queue of the worker, the history of a call.
const db = new Database(process.env.CALLS_DB ?? 'calls.sqlite3')
// WAL with NORMAL: a kept event survives the end of this process, and a write takes well under a millisecond.
db.exec('PRAGMA journal_mode = WAL')
db.exec('PRAGMA synchronous = NORMAL')
// Not call_id alone: one call sends several events while its status changes, and each counts. A copy of one of them
// (Alohub repeats what was not acknowledged in time) has all three values in common.
db.exec(`CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, call_id TEXT NOT NULL, call_status TEXT NOT NULL,
  endtime TEXT NOT NULL, body TEXT NOT NULL, processed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (call_id, call_status, endtime))`)
const insert = db.prepare(
  'INSERT INTO events (call_id, call_status, endtime, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
const mark = db.prepare('UPDATE events SET processed = 1 WHERE id = ?')
const unprocessed = db.prepare('SELECT id, body FROM events WHERE NOT processed ORDER BY id')
// An ended call never runs again, however late its earlier events arrive.
const history = db.prepare(
  "SELECT body FROM events WHERE call_id = ? AND processed ORDER BY endtime <> '' DESC, id DESC")

const waiting = unprocessed.all().map(({ id, body }) => ({ id, event: JSON.parse(body) }))

function keep (event) {
  const { changes, lastInsertRowid } =
    insert.run(event.call_id, event.call_status, event.endtime, JSON.stringify(event))
  if (changes === 1) waiting.push({ id: lastInsertRowid, event })
}

let working = false

// One event after the other. What fails stays unprocessed until the next start.
async function work () {
  if (working) return
  working = true
  for (let next; (next = waiting.shift());) {
    try {
      await processEvent(next.event)
      mark.run(next.id)
    } catch (error) {
      console.error(`event ${next.id} was not processed`, error)
    }
  }
  working = false
}

// In constant time: an ordinary comparison tells by its duration how much of a guess was right. Hashes, because
// timingSafeEqual wants equal lengths. Node gives header values as latin1.
const sha256 = (text, encoding) => createHash('sha256').update(text, encoding).digest()
const keyHash = sha256(key, 'utf8')

function authenticate (req, res, next) {
  if (timingSafeEqual(sha256(req.headers.authorization ?? '', 'latin1'), keyHash)) return next()
  refuse(req, res, 401, 'wrong or missing Authorization')
}

function onlyJson (req, res, next) {
  const [type] = (req.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() === 'application/json') return next()
  refuse(req, res, 415, 'wanted application/json')
}

// The rest of the body is read and thrown away: a server that answers and closes with bytes unread resets the
// connection, and the sender may never see the answer.
function refuse (req, res, status, reason) {
  req.resume()
  res.status(status).json({ error: reason })
}

// Bytes, not express.json(): that one replaces invalid UTF-8 without a word.
const bytes = express.raw({ type: () => true, limit: MAX_BODY, inflate: false })

function receive (req, res) {
  let document
  try {
    if (!Buffer.isBuffer(req.body) || !isUtf8(req.body)) throw new SyntaxError('not UTF-8')
    document = JSON.parse(req.body.toString())
  } catch {
    return refuse(req, res, 400, 'not JSON in UTF-8')
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    return refuse(req, res, 400, 'wanted a JSON object')
  }
  const wrong = [
    ...(document.call_id === '' ? ['call_id'] : []), // then no call could be told from another
    ...TEXTS.filter(name => typeof document[name] !== 'string'),
    ...TEXTS_OR_NOTHING.filter(name => typeof (document[name] ?? '') !== 'string'),
    ...(Number.isFinite(document[NUMBER]) ? [] : [NUMBER])
  ]
  if (wrong.length) return refuse(req, res, 422, `missing, empty or of a wrong type: ${wrong.join(', ')}`)
  // The known fields. Unknown fields and values pass: Alohub may add some any day.
  const known = [...TEXTS, ...TEXTS_OR_NOTHING, NUMBER].map(name => [name, document[name]])
  // Kept before it is acknowledged, for 200 means that Alohub never sends it again.
  keep(Object.fromEntries(known))
  res.json({ received: true })
  setImmediate(work)
}

const app = express()
app.disable('x-powered-by')
app.route(PATH).post(authenticate, onlyJson, bytes, receive).all((req, res) => {
  res.set('Allow', 'POST')
  refuse(req, res, 405, 'POST a call event here')
})
// Shows customers' numbers: for your own network, not for the internet.
app.get('/calls/:call_id', (req, res) => {
  const rows = history.all(req.params.call_id)
  if (!rows.length) return refuse(req, res, 404, 'unknown call')
  res.json({ call_id: req.params.call_id, count: rows.length, latest: JSON.parse(rows[0].body) })
})
// Express's own page would show the stack. What is no fault of the sender's is a 500: Alohub will send it again.
app.use((error, req, res, next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500
  if (status === 500) console.error(error)
  if (res.headersSent) return res.destroy()
  refuse(req, res, status, status === 500 ? 'not kept, please send it again' : 'not a call event')
})

const server = app.listen(Number(process.env.PORT ?? 8000), '127.0.0.1', error => {
  if (error) throw error
  console.log(`listening on http://127.0.0.1:${server.address().port}${PATH}`)
  work()
})
server.requestTimeout = 10_000 // ms; a sender that stops in the middle of a request is cut off after this time
server.keepAliveTimeout = 65_000 // ms; longer than senders keep idle connections, so that we never close one in use
