/**
 * Sockets to whichever address of the indexer is healthy: each session asks the pool anew, so that
 * a reconnect is a failover. An address where no session can be had (refused, cut, silent) rests.
 */
import { Observable } from 'rxjs';
import type { EndpointPool } from '../dydx/endpoint-pool.js';
import type { Socket, SocketPort, SocketSignal } from '../ports/socket.js';

export interface FailoverOptions {
  readonly sockets: SocketPort;
  /** Undefined until the network is known. */
  readonly pool: () => EndpointPool | undefined;
  readonly now: () => number;
}

/** A session that ends this long after its last frame, or its opening, ended for silence. */
const SILENT_MS = 5_000;
const NORMAL_CLOSURE = 1000;

export const failoverSockets = ({ sockets, pool, now }: FailoverOptions): SocketPort => ({
  socket: (url) => {
    const endpoints = pool();
    if (endpoints === undefined) return sockets.socket(url);
    const chosen = endpoints.choose(now());
    return watched(sockets.socket(chosen), { endpoints, url: chosen, now });
  },
});

interface Watch {
  readonly endpoints: EndpointPool;
  readonly url: string;
  readonly now: () => number;
}

function watched(socket: Socket, watch: Watch): Socket {
  return {
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    signals$: new Observable<SocketSignal>((subscriber) => {
      const session = new Session(watch);
      const inner = socket.signals$.subscribe({
        next: (signal) => subscriber.next(session.hear(signal)),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
      return () => {
        inner.unsubscribe();
        session.end();
      };
    }),
  };
}

class Session {
  readonly #watch: Watch;
  readonly #begunAt: number;
  #heardAt: number;
  #isOver = false;

  constructor(watch: Watch) {
    this.#watch = watch;
    this.#begunAt = watch.now();
    this.#heardAt = this.#begunAt;
  }

  hear(signal: SocketSignal): SocketSignal {
    const { endpoints, url, now } = this.#watch;
    switch (signal.type) {
      case 'opened':
        this.#heardAt = now();
        endpoints.succeeded(url, { now: now(), latencyMs: now() - this.#begunAt });
        return signal;
      case 'frame':
        this.#heardAt = now();
        return signal;
      case 'pong':
        return signal;
      case 'closed': {
        this.#isOver = true;
        if (signal.code !== NORMAL_CLOSURE) this.#fail(`${signal.code} ${signal.reason}`.trim());
        // What no retry repairs here may be no trouble elsewhere.
        return { ...signal, fatal: signal.fatal && endpoints.urls.length === 1 };
      }
    }
  }

  /** We let go of it: without a cause of the venue's, unless nothing was heard any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const silentMs = this.#watch.now() - this.#heardAt;
    if (silentMs >= SILENT_MS) this.#fail(`silent for ${Math.round(silentMs)} ms`);
  }

  #fail(reason: string): void {
    const { endpoints, url, now } = this.#watch;
    endpoints.failed(url, { now: now(), reason });
  }
}
