//go:build tools

// Package programs names what is built of kwok, so that go.mod and go.sum pin all that goes into it.
package programs

import _ "sigs.k8s.io/kwok/cmd/kwok"
