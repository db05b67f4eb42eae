//go:build tools

// Package programs names what the Helm chart is checked with, so that go.mod and go.sum pin all that goes into it.
package programs

import (
	_ "github.com/google/go-containerregistry/cmd/crane"
	_ "helm.sh/helm/v4/cmd/helm"
	_ "sigs.k8s.io/kustomize/kustomize/v5"
)
