/**
 * The exchange host without sockets: the same texts over the house's own ports, on a clock that may
 * be virtual. Every message travels for `latencyMs` in each direction.
 */
import { delay, map, Observable, observeOn, Subject, timer } from 'rxjs';
import type { Clock } from '../ports/clock.js';
import type { HttpPort } from '../ports/http.js';
import type { Socket, SocketPort, SocketSignal } from '../ports/socket.js';
import type { ExchangeHost } from './exchange-host.venue.js';
import type { HostConnection } from './indexer/indexer-stream.venue.js';

export interface MemoryHostOptions {
  readonly host: ExchangeHost;
  readonly clock: Clock;
  /** One-way, ≥ 0. */
  readonly latencyMs?: number;
}

export interface MemoryPorts {
  readonly sockets: SocketPort;
  readonly http: HttpPort;
  /** Every open socket ends as if the network had gone (1006). */
  cutSockets(): void;
}

export function connectInMemory({ host, clock, latencyMs = 0 }: MemoryHostOptions): MemoryPorts {
  const cuts$ = new Subject<void>();
  return {
    sockets: { socket: () => memorySocket({ host, clock, latencyMs, cuts$ }) },
    http: {
      send: ({ method, url, body = '' }) =>
        timer(latencyMs, clock.scheduler).pipe(
          map(() => {
            const { pathname, search } = new URL(url);
            return host.answer({ method, target: pathname + search, body });
          }),
          delay(latencyMs, clock.scheduler),
        ),
    },
    cutSockets: () => cuts$.next(),
  };
}

function memorySocket({
  host,
  clock,
  latencyMs,
  cuts$,
}: Required<MemoryHostOptions> & { readonly cuts$: Observable<void> }): Socket {
  const encoder = new TextEncoder();
  const pongs$ = new Subject<SocketSignal>();
  let connection: HostConnection | undefined;
  const signals$ = new Observable<SocketSignal>((subscriber) => {
    const close = (code: number, reason: string): void => {
      subscriber.next({ type: 'closed', code, reason, fatal: false });
      subscriber.complete();
    };
    subscriber.next({ type: 'opened' });
    connection = host.connect({
      write: (frame) => subscriber.next({ type: 'frame', data: encoder.encode(frame) }),
      close,
    });
    subscriber.add(pongs$.subscribe(subscriber));
    subscriber.add(cuts$.subscribe(() => close(1006, '')));
    return () => {
      connection?.detach();
      connection = undefined;
    };
  });
  return {
    signals$: signals$.pipe(observeOn(clock.scheduler, latencyMs)),
    send: (text) => {
      const target = connection;
      clock.setTimeout(() => target?.receive(text), latencyMs);
    },
    ping: () => {
      clock.setTimeout(() => pongs$.next({ type: 'pong' }), latencyMs);
    },
  };
}
