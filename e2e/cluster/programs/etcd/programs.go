//go:build tools

// Package programs names what is built of etcd, so that go.mod and go.sum pin all that goes into it.
package programs

import _ "go.etcd.io/etcd/server/v3"
