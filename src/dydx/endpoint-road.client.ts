/**
 * Requests to whichever address is healthy: each tells its pool how it went. A failed read is its
 * caller's to repeat, and goes to the next address then.
 *
 * What is read of the account proves things by heights: fills are complete below the height that
 * was told before. So an indexer that others take over from must have reached the highest height
 * that was ever told; one that has not is refused (`rest.behind`).
 */
import { catchError, defer, EMPTY, exhaustMap, from, ignoreElements, interval } from 'rxjs';
import { map, mergeMap, tap, throwError, type Observable, type SchedulerLike } from 'rxjs';
import { Failure } from '../model/result.js';
import type { HttpAnswer, HttpPort, HttpRequest } from '../ports/http.js';
import { originOf, type EndpointPool } from './endpoint-pool.js';
import { checks } from './schemas.js';

export const DEADLINE_MS = 3000;
const PROBE_EVERY_MS = 5000;
const PROBES_AT_ONCE = 8;
const OK = 200;
const FORBIDDEN = 403;
const RATE_LIMITED = 429;
const SERVER_ERROR = 500;

/** Why an answer is none although its status says so: undefined for a good one. */
export type FaultIn = (answer: HttpAnswer) => string | undefined;

export class EndpointRoad {
  readonly #http: HttpPort;
  readonly now: () => number;

  constructor(http: HttpPort, now: () => number) {
    this.#http = http;
    this.now = now;
  }

  /** One request to the address that the pool chooses, at the time of subscribing. */
  ask(
    pool: EndpointPool,
    request: (url: string) => HttpRequest,
    faultIn?: FaultIn,
  ): Observable<HttpAnswer> {
    return defer(() => {
      const url = pool.choose(this.now());
      return this.send(pool, url, request(url), faultIn);
    });
  }

  send(
    pool: EndpointPool,
    url: string,
    request: HttpRequest,
    faultIn: FaultIn = () => undefined,
  ): Observable<HttpAnswer> {
    return defer(() => {
      const begun = this.now();
      return this.#http.send(request).pipe(
        tap((answer) => {
          const { status } = answer;
          const now = this.now();
          const fault = status === OK ? faultIn(answer) : undefined;
          if (status === FORBIDDEN || status >= SERVER_ERROR) {
            pool.failed(url, { now, reason: `status ${status}` });
          } else if (fault !== undefined) {
            pool.failed(url, { now, reason: fault });
          } else if (status !== RATE_LIMITED) {
            pool.succeeded(url, { now, latencyMs: now - begun });
          }
        }),
        catchError((error: Error) => {
          pool.failed(url, { now: this.now(), reason: error.message });
          return throwError(() => withoutKey(error, url));
        }),
      );
    });
  }
}

/** What stands between host and path may be a key, and errors go to logs, replies and terminals. */
function withoutKey(error: Error, url: string): Error {
  const base = url.replace(/\/v4$/, '');
  if (!(error instanceof Failure) || !error.message.includes(base)) return error;
  const { code, message, retryable } = error;
  const words = message.replaceAll(base, originOf(url));
  return new Failure(code, words, { retryable });
}

const heightRequest = (url: string): HttpRequest => ({
  method: 'GET',
  url: `${url}/height`,
  deadlineMs: DEADLINE_MS,
});

const statusRequest = (url: string): HttpRequest => ({
  method: 'POST',
  url,
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} }),
  deadlineMs: DEADLINE_MS,
});

export class IndexerRoad {
  readonly #road: EndpointRoad;
  readonly #pool: EndpointPool;
  /** The highest height that was told to anybody. */
  #floor = 0;
  /** The address that is known to have reached it. */
  #proved: string | undefined;

  constructor(road: EndpointRoad, pool: EndpointPool) {
    this.#road = road;
    this.#pool = pool;
  }

  told(height: number): void {
    this.#floor = Math.max(this.#floor, height);
  }

  get(path: string): Observable<HttpAnswer> {
    return defer(() => {
      const url = this.#pool.choose(this.#road.now());
      const asked: HttpRequest = { method: 'GET', url: `${url}${path}`, deadlineMs: DEADLINE_MS };
      const get = (): Observable<HttpAnswer> => this.#road.send(this.#pool, url, asked);
      return this.#isProved(url) ? get() : this.#prove(url).pipe(mergeMap(get));
    });
  }

  #isProved(url: string): boolean {
    if (this.#floor === 0) this.#proved = url;
    return this.#proved === url;
  }

  #prove(url: string): Observable<void> {
    return this.#road.send(this.#pool, url, heightRequest(url)).pipe(
      map((answer) => {
        const now = this.#road.now();
        const height = indexerHeightIn(answer);
        this.#pool.stoodAt(url, { now, height });
        if (height >= this.#floor) {
          this.#proved = url;
          return;
        }
        const reason = `expected an indexer at ${this.#floor}, was at ${height}`;
        this.#pool.failed(url, { now, reason });
        throw new Failure('rest.behind', reason, { retryable: true });
      }),
    );
  }
}

/** NaN when it cannot be read. */
function indexerHeightIn({ status, body }: HttpAnswer): number {
  if (status !== OK) return Number.NaN;
  try {
    return Number(checks.height(JSON.parse(body)).height);
  } catch {
    return Number.NaN;
  }
}

/** NaN when it cannot be read, or when it is that of another chain. */
function nodeHeightIn({ status, body }: HttpAnswer, chainId: string): number {
  if (status !== OK) return Number.NaN;
  try {
    const { node_info, sync_info } = checks.nodeStatus(JSON.parse(body)).result;
    return node_info.network === chainId ? Number(sync_info.latest_block_height) : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

export interface ProbeOptions {
  readonly road: EndpointRoad;
  readonly pool: EndpointPool;
  readonly chainId: string;
  readonly scheduler: SchedulerLike;
}

/**
 * Asks every address of a pool for its height, now and then, unless it rests: what has failed comes
 * back by it, and what lags is seen. Emits nothing and never errors.
 */
export const endpointProbes = ({
  road,
  pool,
  chainId,
  scheduler,
}: ProbeOptions): Observable<never> => {
  const request = pool.kind === 'rpc' ? statusRequest : heightRequest;
  const heightIn = (answer: HttpAnswer): number =>
    pool.kind === 'rpc' ? nodeHeightIn(answer, chainId) : indexerHeightIn(answer);
  const probe = (url: string): Observable<unknown> =>
    road.send(pool, url, request(url)).pipe(
      tap((answer) => {
        const now = road.now();
        const height = heightIn(answer);
        if (Number.isNaN(height)) pool.failed(url, { now, reason: 'it tells no height' });
        else pool.stoodAt(url, { now, height });
      }),
      catchError(() => EMPTY),
    );
  if (pool.urls.length < 2) return EMPTY;
  return interval(PROBE_EVERY_MS, scheduler).pipe(
    exhaustMap(() => from(pool.probeable(road.now())).pipe(mergeMap(probe, PROBES_AT_ONCE))),
    ignoreElements(),
  );
};
