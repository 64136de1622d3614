/**
 * The indexer's REST: a GET in, status, headers and JSON text out. In the order of the real
 * service: the client's rate limit, the route's cache header, all parameters, the address's
 * compliance, and only then the answer.
 */
import type { Compliance } from './compliance.js';
import type { IndexerState } from './indexer-state.codec.js';
import { RequestLimits, type Consumption } from './request-limits.js';
import { invalid, refused, unknownRoute, type RestAnswer } from './rest-errors.js';
import { ParameterReader } from './rest-parameters.js';
import { routeOf, type Route } from './rest-routes.codec.js';

export interface IndexerRestOptions {
  readonly state: IndexerState;
  readonly compliance: Compliance;
  /** Off: no request is refused or counted. */
  readonly hasLimits: boolean;
  /**
   * On: as behind the public network's cache, where whoever asks the same again within an answer's
   * `max-age` gets the same body, at nobody's cost.
   */
  readonly hasCache: boolean;
}

export interface RestRequest {
  /** Path and query below `/v4`, such as `/orders?address=…`. */
  readonly target: string;
  /** Who asks: what rate limits count by. */
  readonly client: string;
  /** The client comes from a country that is not served. */
  readonly isRestricted: boolean;
}

export interface WrittenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers that are kept for others; the oldest go first. */
const CACHED_MAX = 1000;
const MAX_AGE = /^public, max-age=(\d+)$/;

export class IndexerRest {
  readonly #options: IndexerRestOptions;
  readonly #limits = new RequestLimits();
  readonly #texts = new WeakMap<object, string>();
  readonly #cached = new Map<
    string,
    { readonly untilMs: number; readonly answer: WrittenAnswer }
  >();

  constructor(options: IndexerRestOptions) {
    this.#options = options;
  }

  answer(request: RestRequest, nowMs: number): WrittenAnswer {
    const kept = this.#cached.get(request.target);
    if (kept !== undefined && nowMs < kept.untilMs) return kept.answer;
    const answer = this.#answerNow(request, nowMs);
    if (this.#options.hasCache) this.#keep(request.target, answer, nowMs);
    return answer;
  }

  #answerNow(request: RestRequest, nowMs: number): WrittenAnswer {
    const url = new URL(`http://indexer${request.target}`);
    const matched = routeOf(url.pathname);
    if (matched === undefined) return this.#write(unknownRoute, {});
    const { route, path } = matched;
    const taken = this.#take(route, request, nowMs);
    const limits = taken === undefined ? {} : limitHeaders(taken, nowMs);
    if (taken?.isAllowed === false) return this.#write(refused(429, 'Too many requests'), limits);
    const read = new ParameterReader(path, new Map(url.searchParams));
    const answer = this.#ask(route, { request, read, nowMs });
    const { cacheControl } = route;
    const headers =
      cacheControl === undefined ? limits : { ...limits, 'cache-control': cacheControl };
    return this.#write(answer, headers);
  }

  #ask(
    route: Route,
    context: {
      readonly request: RestRequest;
      readonly read: ParameterReader;
      readonly nowMs: number;
    },
  ): RestAnswer {
    const { state, compliance } = this.#options;
    const { request, read, nowMs } = context;
    const mayScreen = (): boolean => this.#mayScreen(request.client, nowMs);
    const answer = route.ask({ state, read, nowMs, compliance, mayScreen });
    if (read.problems.length > 0) return invalid(read.problems);
    const refusal = route.isGuarded
      ? compliance.refusal(read.addressRead, request.isRestricted)
      : undefined;
    return refusal === undefined ? answer() : refused(403, refusal.msg, refusal.code);
  }

  #take({ bucket }: Route, { client }: RestRequest, nowMs: number): Consumption | undefined {
    if (!this.#options.hasLimits || bucket === undefined) return undefined;
    return this.#limits.consume(bucket, client, nowMs);
  }

  #mayScreen(client: string, nowMs: number): boolean {
    if (!this.#options.hasLimits) return true;
    const own = this.#limits.consume('screen', client, nowMs);
    const all = this.#limits.consume('screenGlobal', '', nowMs);
    return own.isAllowed && all.isAllowed;
  }

  #write({ status, body }: RestAnswer, headers: WrittenAnswer['headers']): WrittenAnswer {
    const text = this.#texts.get(body) ?? JSON.stringify(body);
    this.#texts.set(body, text);
    return { status, headers, body: text };
  }

  #keep(target: string, answer: WrittenAnswer, nowMs: number): void {
    const age = MAX_AGE.exec(answer.headers['cache-control'] ?? '')?.[1];
    if (age === undefined || answer.status !== 200) return;
    this.#cached.delete(target);
    this.#cached.set(target, { untilMs: nowMs + Number(age) * 1000, answer });
    if (this.#cached.size <= CACHED_MAX) return;
    const oldest = this.#cached.keys().next();
    if (oldest.done !== true) this.#cached.delete(oldest.value);
  }
}

/** Times in milliseconds, `Retry-After` among them, against the standard's seconds. */
function limitHeaders(taken: Consumption, nowMs: number): Readonly<Record<string, string>> {
  const { isAllowed, points, remaining, msBeforeNext } = taken;
  const wait = Math.ceil(msBeforeNext);
  return {
    'ratelimit-limit': String(points),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(Math.floor(nowMs) + wait),
    ...(isAllowed ? {} : { 'retry-after': String(wait) }),
  };
}
