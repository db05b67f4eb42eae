//go:build tools

// Package programs names what images are signed with, so that go.mod and go.sum pin all that goes into it.
package programs

import (
	_ "github.com/sigstore/cosign/v3/cmd/cosign"
)
