# What a developer does with Sandpool. The targets are short; the work is in scripts/, images/, manifests/ and e2e/cluster/.
MAKEFLAGS += --no-print-directory
SHELL := bash
.DEFAULT_GOAL := help

PORT ?= 8080
TAG ?= dev
export PORT TAG BASE REGISTRY KUBERNETES PREVIOUS

VERSION := $(shell awk -F '[<>]' '$$2 == "version" {print $$3; exit}' pom.xml)
RUNNER := runner/target/runner-$(VERSION).jar
OPERATOR := operator/target/operator-$(VERSION).jar
# Everything that a jar is made from: it is built again only when some of it has changed.
sources = $(shell find pom.xml */pom.xml $(1) -path '*/target' -prune -o -type f -path '*/main/*' -print -o -name pom.xml -print 2>/dev/null)

.PHONY: help
help: ## Tell what there is.
	@echo 'Sandpool: untrusted programs, run in warm gVisor pods. make TARGET, with TARGET one of'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'What is built from elsewhere is kept in $${SANDPOOL_CACHE:-$${XDG_CACHE_HOME:-~/.cache}/sandpool}.'

.PHONY: run
run: build ## Serve POST /run on 127.0.0.1:8080 (PORT=...) without a cluster, until Ctrl-C.
	@scripts/run

.PHONY: test
test: ## Test everything: formats, units, pieces, and the whole on a real cluster (root and Linux, or KUBECONFIG).
	@scripts/test

.PHONY: test-matrix
test-matrix: ## Run the tests on the real node once with each minor version of Kubernetes that it can be built with (root, Linux).
	@scripts/test-matrix

.PHONY: test-upgrade
test-upgrade: ## Take the real node to an earlier version and back while programs run (PREVIOUS=commit; by default the newest tag, or HEAD~1).
	@scripts/test-upgrade

.PHONY: verify
verify: ## The part of make test that needs no cluster.
	@scripts/maven verify

.PHONY: bench
bench: ## Measure POST /run on the real cluster and over local sandboxes.
	@scripts/bench

.PHONY: bench-scale
bench-scale: ## Measure the operator with a thousand pools and ten thousand sandboxes that are objects only.
	@scripts/bench scale

.PHONY: bench-pools
bench-pools: ## Measure twenty pools with two hundred sandboxes on the real cluster.
	@scripts/bench pools

.PHONY: build
build: contained/target/contained $(RUNNER) ## Build contained and the runner, without tests.

contained/target/contained contained/target/supervisor &: $(wildcard contained/src/* contained/src/supervisor/*) contained/Makefile contained/libzstd contained/linked-glibc images/debian.sh images/debian.lock
	@scripts/step 'Building contained' $(MAKE) -C contained
	@touch contained/target/contained contained/target/supervisor

JAVA_BUILD := scripts/maven -q -Dspotless.check.skip -Dmaven.test.skip=true -am package -pl
$(RUNNER): $(call sources,log protocol crds runner)
	@rm -rf runner/target/lib log/target/classes/META-INF log/target/*.jar # what is used no more would stay, and come into the image
	@scripts/step 'Building the runner' $(JAVA_BUILD) runner
	@touch $@

# After the runner, because both builds write into crds/target and log/target.
$(OPERATOR): $(call sources,log crds operator) | $(RUNNER)
	@rm -rf operator/target/lib
	@scripts/step 'Building the operator' $(JAVA_BUILD) operator
	@touch $@

.PHONY: crds
crds: ## Write the CustomResourceDefinition anew from the records in crds/.
	@scripts/step 'Writing the CustomResourceDefinition' scripts/maven -q -Dspotless.check.skip -pl crds test -Dtest=CrdYamlTest -Dsandpool.crds.write=true

DOCS_TESTS := ReferencePageTest,RunnerDocsTest,OperatorDocsTest,MetricsPageTest,ClientsPageTest
.PHONY: docs
docs: ## Write the generated pages of docs/ anew: reference, settings, metrics, and the examples of clients.
	@scripts/step 'Writing docs/' scripts/maven -q -Dspotless.check.skip -pl crds,runner,operator,e2e -am test -Dtest=$(DOCS_TESTS) \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dsandpool.docs.write=true

.PHONY: images
images: $(addprefix target/images/,pause.tar sandbox.tar sandbox-embedded.tar runner.tar operator.tar) ## Build the images as tars in target/images (BASE=folder-or-tar: runner and operator on a base of your own).

IMAGE_SCRIPTS := images/build images/oci.py images/sbom.py images/provenance.py images/describe.sh images/debian.sh images/debian.lock
target/images/pause.tar: images/pause.c $(IMAGE_SCRIPTS)
	@images/build pause

target/images/sandbox.tar: contained/target/contained images/sandbox.sh $(IMAGE_SCRIPTS)
	@images/build sandbox

# Where there is no gVisor to put into it, this says so and makes nothing.
target/images/sandbox-embedded.tar: target/images/sandbox.tar contained/target/supervisor images/embedded.sh $(wildcard e2e/cluster/programs/gvisor/*) $(IMAGE_SCRIPTS)
	@images/build sandbox-embedded

target/images/runner.tar: $(RUNNER) contained/target/contained images/java.sh images/runner.sh images/train.py images/cluster.py target/images/base $(IMAGE_SCRIPTS)
	@images/build runner

target/images/operator.tar: $(OPERATOR) images/java.sh images/operator.sh target/images/base $(IMAGE_SCRIPTS)
	@images/build operator

.PHONY: sample-images
sample-images: target/images/sandbox.tar ## Build the sample sandbox images with Python and with Node.js as tars in target/images.
	@images/samples

# Another base than the last time makes another image.
target/images/base: ALWAYS
	@mkdir -p $(@D) && { echo '$(BASE)' | cmp -s - $@ || echo '$(BASE)' >$@; }

.PHONY: ALWAYS
ALWAYS:

.PHONY: images-check
images-check: ## Check what is in the images and beside them, and that they are the same when they are built again (a part of make test).
	@images/check

.PHONY: push-images
push-images: ## Push the images that make images made (REGISTRY=registry.example/team, TAG=dev).
	@images/push

.PHONY: publish-client
publish-client: ## Publish the Java client to a Maven repository (REPOSITORY=its URL; id::URL names a login of settings.xml).
	@[ -n '$(REPOSITORY)' ] || { echo 'make publish-client needs REPOSITORY, the URL of a Maven repository' >&2; exit 2; }
	@scripts/maven --quiet -pl .,client -DskipTests deploy -DaltDeploymentRepository='$(if $(findstring ::,$(REPOSITORY)),,client::)$(REPOSITORY)'

.PHONY: supply-chain
supply-chain: images ## Sign the images in a registry on loopback, verify them, and see that what is changed is refused (builds cosign once).
	@images/check-signing

.PHONY: vulnerabilities
vulnerabilities: ## Look for known vulnerabilities in what runsc, the Go program in the images, calls (builds the tool once).
	@images/check-vulnerabilities

.PHONY: reproducible
reproducible: images ## Build all again from a copy of the checkout with an empty cache, and compare the images to the byte.
	@images/check-reproducible all

.PHONY: manifests
manifests: ## Render manifests/production into target/install.yaml (REGISTRY=registry.example/team, TAG=1.2.3).
	@manifests/render

.PHONY: chart
chart: ## Copy the manifests into charts/sandpool, then check the chart and package it into target/chart.
	@charts/copy
	@charts/check

.PHONY: krew
krew: ## Pack the kubectl plugin for krew into target/krew (KREW_URI=where the archive will be).
	@scripts/krew

.PHONY: deploy
deploy: images ## Deploy the operator and the pool playground onto the cluster of KUBECONFIG, or else of make cluster-up.
	@manifests/deploy

.PHONY: undeploy
undeploy: ## Delete the pool playground, then the operator and all that belongs to it.
	@manifests/undeploy

.PHONY: cluster-up
cluster-up: ## Start a real Kubernetes node on this machine (root, Linux; built at the first time, some minutes; KUBERNETES=1.35 for another version).
	@e2e/cluster/up

.PHONY: cluster-down
cluster-down: ## Stop it, and leave nothing behind but what it was built to.
	@e2e/cluster/down

.PHONY: cluster-env
cluster-env: ## Print the line that makes kubectl speak to it: eval "$(make cluster-env)".
	@e2e/cluster/node env

.PHONY: cluster-url
cluster-url: ## Print the URL at which the pool playground answers from this machine.
	@manifests/url

.PHONY: format
format: ## Put the Java sources into the form that the build demands.
	@scripts/maven -q spotless:apply

.PHONY: clean
clean: ## Remove what was built in this folder.
	@rm -rf target */target
