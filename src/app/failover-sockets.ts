/**
 * Sockets to whichever address of the indexer is healthy: each session asks the pool anew, so that
 * a reconnect is a failover. An address where no session can be had rests: one that refused or cut
 * it, or that the session blames.
 */
import { map } from 'rxjs';
import type { EndpointPool } from '../dydx/endpoint-pool.js';
import type { Socket, SocketPort, SocketSignal } from '../ports/socket.js';

export interface FailoverOptions {
  readonly sockets: SocketPort;
  /** Undefined until the network is known. */
  readonly pool: () => EndpointPool | undefined;
  readonly now: () => number;
}

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

/** Whoever lets go of it without a word leaves the address well. */
function watched(socket: Socket, watch: Watch): Socket {
  const session = new Session(watch);
  return {
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    blame: (reason) => session.fail(reason),
    signals$: socket.signals$.pipe(map((signal) => session.hear(signal))),
  };
}

class Session {
  readonly #watch: Watch;
  readonly #begunAt: number;
  #isOver = false;

  constructor(watch: Watch) {
    this.#watch = watch;
    this.#begunAt = watch.now();
  }

  hear(signal: SocketSignal): SocketSignal {
    const { endpoints, url, now } = this.#watch;
    switch (signal.type) {
      case 'opened':
        endpoints.succeeded(url, { now: now(), latencyMs: now() - this.#begunAt });
        return signal;
      case 'frame':
      case 'pong':
        return signal;
      case 'closed': {
        if (signal.code !== NORMAL_CLOSURE) this.fail(`${signal.code} ${signal.reason}`.trim());
        // What no retry repairs here may be no trouble elsewhere.
        return { ...signal, fatal: signal.fatal && endpoints.urls.length === 1 };
      }
    }
  }

  /** Once: what is said of a session that has failed already is no news. */
  fail(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { endpoints, url, now } = this.#watch;
    endpoints.failed(url, { now: now(), reason });
  }
}
