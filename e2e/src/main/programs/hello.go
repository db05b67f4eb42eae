// The Go playground's own hello, and what it is usually asked: arguments, time zones, files.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("Hello, 世界")
	for _, a := range os.Args[1:] {
		fmt.Fprintln(os.Stderr, a)
	}
	if _, err := time.LoadLocation("Europe/Zurich"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err := os.WriteFile("note.txt", []byte("x"), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
