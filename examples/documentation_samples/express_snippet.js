// The Express sample of Alohub's document "Call event webhook", written anew: it prints a call and acknowledges it.
// On purpose no more than the document shows: no key, no check for duplicates, no work afterwards.

const express = require('express')

const app = express()
app.use(express.json())

app.post('/api/alohub/webhook', (request, response) => {
  const { call_id, call_status, caller_number, direction, recording_url } = request.body

  console.log(`${direction} call ${call_id} with ${caller_number}: ${call_status}`)
  if (recording_url) console.log(`recording of ${call_id}: ${recording_url}`)
  response.status(200).json({ received: true })
})

app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
