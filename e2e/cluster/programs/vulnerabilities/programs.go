//go:build tools

// Package programs names what make vulnerabilities is done with, so that go.mod and go.sum pin all that goes into it.
package programs

import (
	_ "golang.org/x/vuln/cmd/govulncheck"
	_ "golang.org/x/vulndb/cmd/indexdb"
)
