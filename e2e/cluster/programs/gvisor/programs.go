//go:build tools

// Package programs names what is built of gVisor, so that go.mod and go.sum pin all that goes into it.
package programs

import (
	_ "gvisor.dev/gvisor/runsc"
	_ "gvisor.dev/gvisor/shim"
)
