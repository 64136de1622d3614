/**
 * The exchange host without sockets: the same texts over the house's own ports, on a clock that may
 * be virtual. Every message travels for `latencyMs` in each direction, and the plan's faults strike
 * as they do over the wire.
 */
import { delay, Observable, observeOn, Subject, switchMap, timer } from 'rxjs';
import { Failure } from '../model/result.js';
import type { Clock } from '../ports/clock.js';
import type { HttpAnswer, HttpPort, HttpRequest } from '../ports/http.js';
import type { Socket, SocketPort, SocketSignal } from '../ports/socket.js';
import type { ExchangeHost } from './exchange-host.venue.js';
import { FaultyHost } from './faults/faulty-host.js';
import type { FaultyLine } from './faults/faulty-line.js';

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
  /** For the faults that come when asked. */
  readonly network: FaultyHost;
}

export function connectInMemory({ host, clock, latencyMs = 0 }: MemoryHostOptions): MemoryPorts {
  const network = new FaultyHost(host, clock);
  return {
    sockets: { socket: () => memorySocket(network, clock, latencyMs) },
    http: {
      send: (request) =>
        timer(latencyMs, clock.scheduler).pipe(
          switchMap(() => answered(network, request, clock)),
          delay(latencyMs, clock.scheduler),
        ),
    },
    cutSockets: () => network.close(1006),
    network,
  };
}

/** Fails as the HTTP client does: at the deadline, and when the connection ends too early. */
function answered(
  network: FaultyHost,
  { method, url, body = '', deadlineMs }: HttpRequest,
  clock: Clock,
): Observable<HttpAnswer> {
  const { pathname, search } = new URL(url);
  return new Observable<HttpAnswer>((subscriber) => {
    const failWith = (code: string, message: string): void =>
      subscriber.error(new Failure(code, `${method} ${pathname}: ${message}`, { retryable: true }));
    const deadline = clock.setTimeout(
      () => failWith('http.deadline', `no answer within ${deadlineMs} ms`),
      deadlineMs,
    );
    network.request({ method, target: pathname + search, body }, (delivery) => {
      if (delivery.type !== 'answer') {
        failWith('http.network', 'other side closed');
        return;
      }
      subscriber.next(delivery.answer);
      subscriber.complete();
    });
    return () => clock.clearTimeout(deadline);
  });
}

function memorySocket(network: FaultyHost, clock: Clock, latencyMs: number): Socket {
  const encoder = new TextEncoder();
  const pongs$ = new Subject<SocketSignal>();
  let line: FaultyLine | undefined;
  const signals$ = new Observable<SocketSignal>((subscriber) => {
    const close = (code: number, reason: string): void => {
      subscriber.next({ type: 'closed', code, reason, fatal: false });
      subscriber.complete();
    };
    if (network.refuses()) {
      close(1006, '');
      return undefined;
    }
    subscriber.next({ type: 'opened' });
    line = network.connect({
      write: (frame) => subscriber.next({ type: 'frame', data: encoder.encode(frame) }),
      close,
      hang: () => undefined,
    });
    subscriber.add(pongs$.subscribe(subscriber));
    return () => {
      line?.detach();
      line = undefined;
    };
  });
  return {
    signals$: signals$.pipe(observeOn(clock.scheduler, latencyMs)),
    send: (text) => {
      const target = line;
      clock.setTimeout(() => target?.receive(text), latencyMs);
    },
    ping: () => {
      const target = line;
      clock.setTimeout(() => {
        if (target?.isHung === false) pongs$.next({ type: 'pong' });
      }, latencyMs);
    },
  };
}
