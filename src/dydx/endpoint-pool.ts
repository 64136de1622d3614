/**
 * Several addresses of one service, in order of preference, each with its health: which one is to
 * be asked now. Knows no time of its own: whoever tells a fact says when.
 *
 * 1. An address that fails is left at once and rests, longer from failure to failure; a stable
 *    minute forgives. It is asked again after its rest only, by a probe if there are probes.
 * 2. One whose height lags behind the best is used only while no other can be.
 * 3. When all of them rest, the one whose rest ends first is asked: nobody is given up.
 */
import type { EndpointKind, EndpointState } from '../ports/control.js';

export interface EndpointTiming {
  readonly restMsMin: number;
  readonly restMsMax: number;
  /** Of health, after which the next rest is short again. */
  readonly stableMs: number;
  /** Blocks behind the best of the others, from which an address counts as lagging. */
  readonly lagBlocksMax: number;
}

export interface EndpointPoolOptions {
  readonly kind: EndpointKind;
  /** At least one; later repetitions are dropped. */
  readonly urls: readonly string[];
  /** Whether probes ask those that have rested; else the next real request does. */
  readonly hasProbes: boolean;
  readonly timing?: Partial<EndpointTiming>;
}

const TIMING: EndpointTiming = {
  restMsMin: 1_000,
  restMsMax: 60_000,
  stableMs: 60_000,
  lagBlocksMax: 5,
};
/** Blocks are not faster: heights of different times are compared with it. */
const BLOCK_MS_MIN = 400;
/** Of one new sample in the mean latency. */
const LATENCY_WEIGHT = 0.2;
const REASON_MAX = 200;

interface Endpoint {
  readonly url: string;
  requests: number;
  errors: number;
  /** Failures since the last stable time: they lengthen the rest. */
  strikes: number;
  isFailing: boolean;
  /** Rests until then. */
  restsUntil: number;
  healthySince: number;
  latencyMs: number | undefined;
  height: number | undefined;
  heightAt: number;
  lastError: string | undefined;
}

export class EndpointPool {
  readonly kind: EndpointKind;
  readonly #timing: EndpointTiming;
  readonly #hasProbes: boolean;
  readonly #endpoints: readonly Endpoint[];
  #current: Endpoint;

  constructor({ kind, urls, hasProbes, timing }: EndpointPoolOptions) {
    this.kind = kind;
    this.#hasProbes = hasProbes;
    this.#timing = { ...TIMING, ...timing };
    this.#endpoints = [...new Set(urls)].map(newEndpoint);
    const [first] = this.#endpoints;
    if (first === undefined) throw new Error(`expected at least one address of kind ${kind}`);
    this.#current = first;
  }

  get urls(): readonly string[] {
    return this.#endpoints.map(({ url }) => url);
  }

  /** The first that is healthy and does not lag; the one to fall back on if there is none. */
  choose(now: number): string {
    const usable = this.#endpoints.filter((one) => this.#isUsable(one, now));
    const level = usable.find((one) => this.#lagOf(one) <= this.#timing.lagBlocksMax);
    const least = [...this.#endpoints].sort((a, b) => a.restsUntil - b.restsUntil)[0];
    this.#current = level ?? usable[0] ?? least ?? this.#current;
    return this.#current.url;
  }

  /** Those that a probe may ask now: none rests longer than it was told to. */
  probeable(now: number): readonly string[] {
    return this.#endpoints.filter((one) => now >= one.restsUntil).map(({ url }) => url);
  }

  succeeded(url: string, { now, latencyMs }: { now: number; latencyMs: number }): void {
    const one = this.#find(url);
    if (one === undefined) return;
    one.requests += 1;
    if (one.isFailing) one.healthySince = now;
    one.isFailing = false;
    if (now - one.healthySince >= this.#timing.stableMs) one.strikes = 0;
    const before = one.latencyMs ?? latencyMs;
    one.latencyMs = before + (latencyMs - before) * LATENCY_WEIGHT;
  }

  /** The height that an address told of itself. */
  stoodAt(url: string, { now, height }: { now: number; height: number }): void {
    const one = this.#find(url);
    if (one === undefined || !Number.isSafeInteger(height)) return;
    one.height = height;
    one.heightAt = now;
  }

  failed(url: string, { now, reason }: { now: number; reason: string }): void {
    const one = this.#find(url);
    if (one === undefined) return;
    one.requests += 1;
    one.errors += 1;
    if (now - one.healthySince >= this.#timing.stableMs && !one.isFailing) one.strikes = 0;
    // What several requests under way say of one outage lengthens the rest once.
    if (!one.isFailing || now >= one.restsUntil) one.strikes += 1;
    one.isFailing = true;
    one.lastError = withoutAddresses(reason).slice(0, REASON_MAX);
    const { restMsMin, restMsMax } = this.#timing;
    const rest = Math.min(restMsMax, restMsMin * 2 ** Math.min(one.strikes - 1, 16));
    one.restsUntil = Math.max(one.restsUntil, now + rest);
  }

  states(now: number): readonly EndpointState[] {
    return this.#endpoints.map((one, rank) => {
      const lagBlocks = this.#lagOf(one);
      const isLagging = lagBlocks > this.#timing.lagBlocksMax;
      return {
        kind: this.kind,
        rank,
        origin: originOf(one.url),
        isCurrent: one === this.#current,
        state: one.isFailing ? 'failing' : isLagging ? 'lagging' : 'healthy',
        requests: one.requests,
        errors: one.errors,
        latencyMs: one.latencyMs === undefined ? null : Math.round(one.latencyMs * 10) / 10,
        height: one.height ?? null,
        lagBlocks: one.height === undefined ? null : lagBlocks,
        restsMs: one.isFailing ? Math.max(0, Math.round(one.restsUntil - now)) : 0,
        lastError: one.lastError ?? null,
      };
    });
  }

  #isUsable(one: Endpoint, now: number): boolean {
    return !one.isFailing || (!this.#hasProbes && now >= one.restsUntil);
  }

  /** Blocks behind the best of the others that are well, less what came since it was asked. */
  #lagOf(one: Endpoint): number {
    const { height, heightAt } = one;
    if (height === undefined) return 0;
    const behind = this.#endpoints.map((other) => {
      if (other === one || other.height === undefined || other.isFailing) return 0;
      const grown = Math.max(0, Math.ceil((other.heightAt - heightAt) / BLOCK_MS_MIN));
      return other.height - height - grown;
    });
    return Math.max(0, ...behind);
  }

  #find(url: string): Endpoint | undefined {
    return this.#endpoints.find((one) => one.url === url);
  }
}

const newEndpoint = (url: string): Endpoint => ({
  url,
  requests: 0,
  errors: 0,
  strikes: 0,
  isFailing: false,
  restsUntil: 0,
  healthySince: 0,
  latencyMs: undefined,
  height: undefined,
  heightAt: 0,
  lastError: undefined,
});

/** Scheme, host and port: the rest of an address may hold a key to a provider's service. */
export const originOf = (url: string): string =>
  /^[a-z]+:\/\/(?:[^/@]*@)?([^/?#]+)/.exec(url)?.[0].replace(/\/\/[^/@]*@/, '//') ?? 'unreadable';

/** The same in a text, for each address in it. */
export const withoutAddresses = (text: string): string =>
  text.replace(/\b(?:https?|wss?):\/\/[^\s'"]+/g, originOf);
