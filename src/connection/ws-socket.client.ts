/**
 * Sockets on the `ws` package: no compression, at most 4 MiB a frame, frames handed on without a
 * copy. A socket never errors: whatever goes wrong ends in one `closed` with its reason.
 */
import { Observable, type Subscriber } from 'rxjs';
import { WebSocket } from 'ws';
import type { Socket, SocketPort, SocketSignal } from '../ports/socket.js';

export interface WsSocketOptions {
  /** Upgrade, in milliseconds of real time; the machine has a deadline of its own. */
  readonly handshakeTimeoutMs?: number;
  /** A larger frame closes the socket. */
  readonly maxPayloadBytes?: number;
}

type Closed = Extract<SocketSignal, { type: 'closed' }>;

const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const ABNORMAL_CLOSURE = 1006;
const FORBIDDEN = 403;
const NAME_MISMATCH = 'ERR_TLS_CERT_ALTNAME_INVALID';

export const wsSockets = (options: WsSocketOptions = {}): SocketPort => ({
  socket: (url) => wsSocket(url, options),
});

function wsSocket(url: string, options: WsSocketOptions): Socket {
  let current: WebSocket | undefined;
  const whenOpen = (work: (socket: WebSocket) => void): void => {
    if (current?.readyState === WebSocket.OPEN) work(current);
  };
  return {
    signals$: new Observable<SocketSignal>((subscriber) => {
      const socket = open(url, options, subscriber);
      current = socket;
      return () => socket?.terminate();
    }),
    send: (text) => whenOpen((socket) => socket.send(text)),
    ping: () => whenOpen((socket) => socket.ping()),
  };
}

/** Undefined when the URL itself is wrong. */
function open(
  url: string,
  options: WsSocketOptions,
  subscriber: Subscriber<SocketSignal>,
): WebSocket | undefined {
  const close = (closed: Closed): void => {
    subscriber.next(closed);
    subscriber.complete();
  };
  try {
    const socket = new WebSocket(url, {
      handshakeTimeout: options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      maxPayload: options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      // Whoever decodes a frame looks at its bytes anyway.
      skipUTF8Validation: true,
    });
    listen(socket, subscriber, close);
    return socket;
  } catch (error) {
    // The address is not told: a part of it may be a key.
    const reason = messageOf(error).replaceAll(url, 'of the settings');
    close({ type: 'closed', code: ABNORMAL_CLOSURE, reason, fatal: true });
    return undefined;
  }
}

function listen(
  socket: WebSocket,
  subscriber: Subscriber<SocketSignal>,
  close: (closed: Closed) => void,
): void {
  /** The first failure explains the close that follows it. */
  let failure: { readonly reason: string; readonly fatal: boolean } | undefined;
  socket.on('open', () => subscriber.next({ type: 'opened' }));
  // Each message is one Buffer unless `binaryType` says otherwise.
  socket.on('message', (data) => subscriber.next({ type: 'frame', data: data as Buffer }));
  socket.on('pong', () => subscriber.next({ type: 'pong' }));
  socket.on('unexpected-response', (_request, { statusCode }) => {
    failure ??= { reason: `HTTP ${statusCode}`, fatal: statusCode === FORBIDDEN };
    socket.terminate();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= { reason: error.message, fatal: error.code === NAME_MISMATCH };
  });
  socket.on('close', (code, reason) => {
    const { reason: words, fatal } = failure ?? { reason: reason.toString(), fatal: false };
    close({ type: 'closed', code, reason: words, fatal });
  });
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
