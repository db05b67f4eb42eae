/**
 * One attached sandbox: its handshake, its heartbeat, and a run in it as frames of the protocol. It does not depend on
 * where the sandbox is. Imports {@code sandbox} only.
 */
@NullMarked
package dev.sandpool.runner.sandbox.session;

import org.jspecify.annotations.NullMarked;
