//go:build tools

// Package programs names what enforces NetworkPolicies on the node, so that go.mod and go.sum pin all that goes into it.
package programs

import _ "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
