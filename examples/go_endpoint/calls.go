package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
)

// A key tells events apart. Not call_id alone: one call sends several events while its status changes, and each
// counts. A copy of one of them (Alohub repeats what was not acknowledged in time) has all three values in common.
type key struct {
	CallID  string `json:"call_id"`
	Status  string `json:"call_status"`
	EndTime string `json:"endtime"`
}

func keyOf(event Event) key {
	return key{event.text("call_id"), event.text("call_status"), event.text("endtime")}
}

// A line of the file: an event that was kept, or the key of one that was processed.
type line struct {
	Event Event `json:"event,omitempty"`
	Done  *key  `json:"done,omitempty"`
}

// A CallLog holds every event once: the inbox of the webhook, the queue of the worker, the history of a call.
//
// Go's standard library has no database, so events live in memory and in a file that only grows: good for a start and
// for some hundred thousand calls. After that put a real database behind keep, work and read.
type CallLog struct {
	mutex   sync.Mutex
	file    *os.File
	known   map[key]bool       // true once processed
	history map[string][]Event // processed events by call, in order
	waiting []Event            // kept, not processed
	more    *sync.Cond         // says that waiting grew
}

func openCallLog(name string) (*CallLog, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	calls := &CallLog{file: file, known: map[key]bool{}, history: map[string][]Event{}}
	calls.more = sync.NewCond(&calls.mutex)
	return calls, calls.replay()
}

// replay reads the file of an earlier run.
func (c *CallLog) replay() error {
	reader, end, kept := bufio.NewReader(c.file), int64(0), []Event{}
	for {
		text, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what follows the last line end is half a line, of an event that was never acknowledged
		} else if err != nil {
			return err
		}
		var entry line
		if err := json.Unmarshal(text, &entry); err != nil {
			return fmt.Errorf("%s is not a file of calls, at byte %d: %w", c.file.Name(), end, err)
		}
		end += int64(len(text))
		if entry.Done != nil {
			c.known[*entry.Done] = true
		} else {
			c.known[keyOf(entry.Event)] = false
			kept = append(kept, entry.Event)
		}
	}
	for _, event := range kept {
		if c.known[keyOf(event)] {
			c.history[event.text("call_id")] = append(c.history[event.text("call_id")], event)
		} else {
			c.waiting = append(c.waiting, event)
		}
	}
	if err := c.file.Truncate(end); err != nil {
		return err
	}
	_, err := c.file.Seek(end, io.SeekStart)
	return err
}

// keep writes event down and queues it; a copy of a known one changes nothing.
func (c *CallLog) keep(event Event) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, known := c.known[keyOf(event)]; known {
		return nil
	}
	if err := c.write(line{Event: event}); err != nil {
		return err
	}
	c.known[keyOf(event)] = false
	c.waiting = append(c.waiting, event)
	c.more.Signal()
	return nil
}

// work processes one event after the other, for ever. What fails stays unprocessed until the next start.
func (c *CallLog) work() {
	for {
		event := c.next()
		if err := process(event); err != nil {
			log.Print("an event was not processed: ", err)
			continue
		}
		c.mark(event)
	}
}

func (c *CallLog) next() Event {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for len(c.waiting) == 0 {
		c.more.Wait()
	}
	event := c.waiting[0]
	c.waiting = c.waiting[1:]
	return event
}

func (c *CallLog) mark(event Event) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	done, id := keyOf(event), event.text("call_id")
	c.known[done] = true
	c.history[id] = append(c.history[id], event)
	if err := c.write(line{Done: &done}); err != nil {
		log.Print("an event will be processed again: ", err)
	}
}

// read tells how many events of a call were processed, and the latest: an ended call never runs again, however late
// its earlier events arrive.
func (c *CallLog) read(id string) (int, Event) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var latest Event
	for _, event := range c.history[id] {
		if latest == nil || event.text("endtime") != "" || latest.text("endtime") == "" {
			latest = event
		}
	}
	return len(c.history[id]), latest
}

// write appends one line with one system call, so the end of this process cannot leave half of it behind. A disk that
// is full can: the half is taken back.
func (c *CallLog) write(entry line) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	end, err := c.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err = c.file.Write(append(text, '\n')); err != nil {
		_, sought := c.file.Seek(end, io.SeekStart)
		return errors.Join(err, c.file.Truncate(end), sought)
	}
	return nil
}
