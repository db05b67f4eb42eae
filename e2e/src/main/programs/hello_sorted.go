package main

import (
	"fmt"
	"sort"
	"strings"
)

func main() {
	words := strings.Split("世界 Hello", " ")
	sort.Strings(words)
	fmt.Println(strings.Join(words, ", "))
}
