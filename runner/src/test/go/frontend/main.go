// The frontend's half of a run, as a playground's frontend does it: package net/http, the header that allows
// retries, a body that can be sent again, five seconds for everything. Tests and measurements call it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"sync"
	"time"
)

const runTime = 5 * time.Second

type response struct {
	Error    string `json:"error,omitempty"`
	ExitCode int    `json:"exitCode"`
	Stdout   []byte `json:"stdout"`
	Stderr   []byte `json:"stderr"`
}

func run(url string, program []byte, argument string) (response, error) {
	var result response
	ctx, cancel := context.WithTimeout(context.Background(), runTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(program))
	if err != nil {
		return result, err
	}
	request.Header.Add("Content-Type", "application/octet-stream")
	request.Header.Add("Idempotency-Key", "1")
	if argument != "" {
		request.Header.Add("X-Argument", argument)
	}
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(program)), nil }
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			result.Error = "timeout running program"
			return result, nil
		}
		return result, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return result, fmt.Errorf("unexpected response from backend: %v", answer.Status)
	}
	return result, json.NewDecoder(answer.Body).Decode(&result)
}

func main() {
	url := flag.String("url", "", "where to POST")
	size := flag.Int("size", 1, "bytes of the program")
	argument := flag.String("argument", "", "the program's argument")
	runs := flag.Int("runs", 1, "how many")
	clients := flag.Int("clients", 1, "how many of them at once")
	flag.Parse()

	program := bytes.Repeat([]byte("p"), *size)
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = *clients
	left := make(chan struct{}, *runs)
	for range *runs {
		left <- struct{}{}
	}
	close(left)

	var lock sync.Mutex
	var wait sync.WaitGroup
	var times []time.Duration
	said := map[string]int{}
	begun := time.Now()
	for range *clients {
		wait.Go(func() {
			for range left {
				start := time.Now()
				result, err := run(*url, program, *argument)
				took := time.Since(start)
				text, _ := json.Marshal(result)
				if err != nil {
					text = []byte(err.Error())
				}
				lock.Lock()
				times = append(times, took)
				said[string(text)]++
				lock.Unlock()
			}
		})
	}
	wait.Wait()
	all := time.Since(begun)

	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	for text, count := range said {
		fmt.Printf("%d %s\n", count, text)
	}
	fmt.Fprintf(os.Stderr, "median %v, 95%% %v, %.0f runs/s\n",
		times[len(times)/2], times[len(times)*95/100], float64(*runs)/all.Seconds())
}
