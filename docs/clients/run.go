// run URL PROGRAM [FILE...]: runs a program beside files, and passes its output on as it comes.
//
// Ends with the program's exit code. Ctrl-C cancels the run. Nothing besides the standard library.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const maxTries = 10

type options struct {
	ID          string            `json:"id"`
	Arguments   []string          `json:"arguments,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	CPUTime     string            `json:"cpuTime,omitempty"`
	Memory      string            `json:"memory,omitempty"`
}

// An event has the fields of its kind only. Text that is not UTF-8 comes as Base64, which Go reads into bytes by itself.
type event struct {
	Event    string  `json:"event"`
	Text     *string `json:"text"`
	Base64   []byte  `json:"base64"`
	Outcome  string  `json:"outcome"`
	ExitCode int     `json:"exitCode"`
	problem
}

type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func (p problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail) }

// form has the parts in the order that the API demands.
func form(o options, program string, files []string) (body []byte, contentType string, err error) {
	var buffer bytes.Buffer
	form := multipart.NewWriter(&buffer)
	text, err := json.Marshal(o)
	if err != nil {
		return nil, "", err
	}
	if err := form.WriteField("options", string(text)); err != nil {
		return nil, "", err
	}
	for _, file := range files {
		if err := part(form, "file", file); err != nil {
			return nil, "", err
		}
	}
	if err := part(form, "program", program); err != nil {
		return nil, "", err
	}
	err = form.Close()
	return buffer.Bytes(), form.FormDataContentType(), err
}

func part(form *multipart.Writer, name, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	part, err := form.CreateFormFile(name, filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	return err
}

// post returns a body with a line of JSON for each event. A runner that is busy says when to try again.
func post(url string, body []byte, contentType string) (io.ReadCloser, error) {
	for range maxTries {
		request, err := http.NewRequest(http.MethodPost, url+"/v1/runs", bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Accept", "application/x-ndjson")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode == http.StatusOK {
			return answer.Body, nil
		}
		var refusal problem
		err = json.NewDecoder(answer.Body).Decode(&refusal)
		answer.Body.Close()
		if err != nil {
			return nil, err
		}
		seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if err != nil {
			return nil, refusal
		}
		fmt.Fprintf(os.Stderr, "busy (%s), trying again in %d s\n", refusal.Title, seconds)
		time.Sleep(time.Duration(seconds) * time.Second)
	}
	return nil, fmt.Errorf("still busy after %d tries", maxTries)
}

// follow passes output on, and returns the exit code.
func follow(body io.Reader) (int, error) {
	events := json.NewDecoder(body) // the empty lines that keep the connection alive are nothing to it
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			return 0, fmt.Errorf("the connection ended before the run did: %w", err)
		}
		switch e.Event {
		case "stdout":
			output(os.Stdout, e)
		case "stderr":
			output(os.Stderr, e)
		case "exit":
			if e.Outcome == "exited" {
				return e.ExitCode, nil
			}
			return 0, fmt.Errorf("%s", e.Outcome)
		case "problem":
			return 0, e.problem
		}
	}
}

func output(to io.Writer, e event) {
	if e.Text != nil {
		io.WriteString(to, *e.Text)
	} else {
		to.Write(e.Base64)
	}
}

func cancelOnSignal(url, id string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		request, err := http.NewRequest(http.MethodDelete, url+"/v1/runs/"+id, nil)
		if err == nil {
			if answer, err := http.DefaultClient.Do(request); err == nil {
				answer.Body.Close() // the run's own answer then ends with the event "problem"
			}
		}
	}()
}

func run(url, program string, files []string) (int, error) {
	id := rand.Text()
	body, contentType, err := form(options{
		ID:          id,
		Arguments:   []string{"hello"},
		Environment: map[string]string{"WHERE": "Sandpool"},
		CPUTime:     "2s",
		Memory:      "64Mi",
	}, program, files)
	if err != nil {
		return 0, err
	}
	events, err := post(url, body, contentType)
	if err != nil {
		return 0, err
	}
	defer events.Close()
	cancelOnSignal(url, id)
	return follow(events)
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: run URL PROGRAM [FILE...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}
