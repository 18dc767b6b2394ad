// A partner's endpoint for Alohub's call webhooks, in Go: keep the event, answer 200, work afterwards.
//
//	ALOHUB_WEBHOOK_KEY  the key agreed with Alohub, sent as it is in the Authorization header (required)
//	PORT                the port on 127.0.0.1 (default 8000; 0 takes a free one)
//	CALLS_DB            the file that remembers events (default calls.jsonl)
package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	path    = "/api/alohub/webhook"
	maxBody = 256 << 10 // bytes; an event has about 600
	maxRead = 4 << 20   // bytes of one request that are read at all
)

var texts = []string{
	"call_id", "call_status", "direction", "caller_number", "destination_number", "starttime", "answertime", "endtime",
	"hangup_by", "hotline", "total_duration", "holding_duration", "recording_url", "eventType",
}

// Alohub's documents do not say what these two hold when there is no agent or no transaction: "", null or nothing.
var textsOrNothing = []string{"transactionID", "userName"}

const number = "objectId"

// An Event has the known fields, as they came.
type Event map[string]any

func (e Event) text(name string) string { text, _ := e[name].(string); return text }

// process is your own work: update the CRM, fetch the recording, tell the agent. It may take its time, the answer is
// out. A crash between this and the mark in the file repeats the work at the next start, so let it be repeatable.
func process(event Event) error {
	state := "ended"
	if event.text("endtime") == "" {
		state = "running"
	}
	log.Printf("call %q: %q, %s", event.text("call_id"), event.text("call_status"), state)
	return nil
}

func main() {
	key := os.Getenv("ALOHUB_WEBHOOK_KEY")
	if key == "" {
		log.Fatal("ALOHUB_WEBHOOK_KEY is not set: without a key anybody could post calls")
	}
	calls, err := openCallLog(env("CALLS_DB", "calls.jsonl"))
	if err != nil {
		log.Fatal(err)
	}
	go calls.work()

	mux := http.NewServeMux() // answers 405 to other methods by itself
	mux.HandleFunc("POST "+path, receive(calls, key))
	mux.HandleFunc("GET /calls/{call_id...}", show(calls)) // shows customers' numbers: not for the internet
	server := http.Server{
		Handler: mux,
		// A sender that stops in the middle of a request is cut off after this time.
		ReadTimeout: 10 * time.Second,
		IdleTimeout: 65 * time.Second,
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+env("PORT", "8000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s%s\n", listener.Addr(), path)
	log.Fatal(server.Serve(listener))
}

func receive(calls *CallLog, key string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// Read before any verdict: a server that answers and closes with bytes unread resets the connection, and the
		// sender may never see the answer.
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err == nil && len(body) > maxBody {
			_, err = io.Copy(io.Discard, io.LimitReader(r.Body, maxRead))
		}
		mediaType, _, mediaErr := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case !same(r.Header.Get("Authorization"), key):
			answer(w, http.StatusUnauthorized, Event{"error": "wrong or missing Authorization"})
			return
		case mediaErr != nil || mediaType != "application/json":
			answer(w, http.StatusUnsupportedMediaType, Event{"error": "wanted application/json"})
			return
		case err != nil:
			answer(w, http.StatusBadRequest, Event{"error": "the body ended early"})
			return
		case len(body) > maxBody:
			answer(w, http.StatusRequestEntityTooLarge, Event{"error": "too long for a call event"})
			return
		}
		event, status, err := eventOf(body)
		if err != nil {
			answer(w, status, Event{"error": err.Error()})
			return
		}
		// Kept before it is acknowledged, for 200 means that Alohub never sends it again; and anything else that it does.
		if err := calls.keep(event); err != nil {
			log.Print("an event was not kept: ", err)
			answer(w, http.StatusInternalServerError, Event{"error": "not kept, please send it again"})
			return
		}
		answer(w, http.StatusOK, Event{"received": true})
	}
}

func show(calls *CallLog) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("call_id")
		count, latest := calls.read(id)
		if count == 0 {
			answer(w, http.StatusNotFound, Event{"error": "unknown call"})
			return
		}
		answer(w, http.StatusOK, Event{"call_id": id, "count": count, "latest": latest})
	}
}

// eventOf gives the known fields. Unknown fields and values pass: Alohub may add some any day.
func eventOf(body []byte) (Event, int, error) {
	// A map, not a struct: Go matches the fields of a struct whatever their case, so CALL_ID would overwrite call_id.
	var document map[string]json.RawMessage
	// The decoder replaces invalid UTF-8 without a word and stops by itself at 10,000 levels.
	if !utf8.Valid(body) || json.Unmarshal(body, &document) != nil || document == nil {
		return nil, http.StatusBadRequest, errors.New("not a JSON object in UTF-8")
	}
	event, wrong := Event{}, []string{}
	for _, name := range texts {
		if value, ok := textOf(document[name]); ok {
			event[name] = value
		} else {
			wrong = append(wrong, name)
		}
	}
	for _, name := range textsOrNothing {
		if value, ok := textOf(document[name]); ok {
			event[name] = value
		} else if raw := document[name]; raw != nil && string(raw) != "null" {
			wrong = append(wrong, name)
		}
	}
	if raw := document[number]; len(raw) > 0 && strings.ContainsRune("-0123456789", rune(raw[0])) {
		event[number] = raw // as it came: a float would round a large number
	} else {
		wrong = append(wrong, number)
	}
	if event["call_id"] == "" { // then no call could be told from another
		wrong = append(wrong, "call_id")
	}
	if len(wrong) > 0 {
		return nil, http.StatusUnprocessableEntity, errors.New("missing, empty or of a wrong type: " + strings.Join(wrong, ", "))
	}
	return event, 0, nil
}

func textOf(raw json.RawMessage) (text string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' { // null would leave text as it is, without an error
		return "", false
	}
	return text, json.Unmarshal(raw, &text) == nil
}

// same compares in constant time: an ordinary comparison tells by its duration how much of a guess was right. Hashes,
// because ConstantTimeCompare returns at once when the lengths differ.
func same(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func answer(w http.ResponseWriter, status int, body Event) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // the sender may be gone; there is nobody left to tell
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
