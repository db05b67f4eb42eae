//go:build tools

// Package programs names what is built of runc, so that go.mod and go.sum pin all that goes into it.
package programs

import _ "github.com/opencontainers/runc"
