//go:build tools

// Package programs names what the kubectl plugin's manifest is checked with, so that go.mod and go.sum pin all that goes into it.
package programs

import _ "sigs.k8s.io/krew/cmd/krew"
