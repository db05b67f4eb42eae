package main

import (
	"fmt"
	"time"
)

func main() {
	if time.Now().Year() > 1970 {
		fmt.Println("Hello, 世界")
	}
}
