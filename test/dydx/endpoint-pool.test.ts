/** Several addresses of one service: which is asked, which rests, which comes back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndpointPool, originOf, withoutAddresses } from '../../src/dydx/endpoint-pool.js';

const [A, B, C] = ['https://a.example/rpc', 'https://b.example', 'https://c.example'] as const;
const poolOf = (hasProbes = true, urls: readonly string[] = [A, B, C]) =>
  new EndpointPool({ kind: 'rpc', urls, hasProbes });
const reason = 'timeout';

describe('the address that is asked', () => {
  it('is the first, while nothing is known', () => {
    expect(poolOf().choose(0)).toBe(A);
  });

  it('is the next after a failure, at once', () => {
    const pool = poolOf();
    pool.failed(A, { now: 10, reason });
    expect(pool.choose(10)).toBe(B);
    pool.failed(B, { now: 11, reason });
    expect(pool.choose(11)).toBe(C);
  });

  it('is the first again after its rest only, when a probe has found it well', () => {
    const pool = poolOf();
    pool.failed(A, { now: 0, reason });
    expect(pool.probeable(999)).toEqual([B, C]);
    expect(pool.probeable(1_000)).toEqual([A, B, C]);
    expect(pool.choose(60_000)).toBe(B);
    pool.succeeded(A, { now: 60_000, latencyMs: 1 });
    expect(pool.choose(60_000)).toBe(A);
  });

  it('is the first again by itself after its rest, where there are no probes', () => {
    const pool = poolOf(false);
    pool.failed(A, { now: 0, reason });
    expect(pool.choose(999)).toBe(B);
    expect(pool.choose(1_000)).toBe(A);
  });

  it('is the one whose rest ends first when all rest', () => {
    const pool = poolOf();
    pool.failed(C, { now: 0, reason });
    pool.failed(A, { now: 1, reason });
    pool.failed(B, { now: 2, reason });
    expect(pool.choose(3)).toBe(C);
  });

  it('is not one that lags, unless all others fail', () => {
    const pool = poolOf();
    for (const [url, height] of [
      [A, 94],
      [B, 100],
      [C, 99],
    ] as const) {
      pool.stoodAt(url, { now: 0, height });
    }
    expect(pool.choose(0)).toBe(B);
    expect(pool.states(0).map(({ state, lagBlocks }) => [state, lagBlocks])).toEqual([
      ['lagging', 6],
      ['healthy', 0],
      ['healthy', 1],
    ]);
    pool.failed(B, { now: 1, reason });
    pool.failed(C, { now: 1, reason });
    expect(pool.choose(1)).toBe(A);
  });

  it('may be as far behind as blocks have come since it was asked', () => {
    const pool = poolOf();
    pool.stoodAt(A, { now: 0, height: 100 });
    pool.stoodAt(B, { now: 4_000, height: 112 });
    expect(pool.states(4_000)[0]).toMatchObject({ state: 'healthy', lagBlocks: 2 });
    pool.stoodAt(B, { now: 4_000, height: NaN });
    expect(pool.states(4_000)[1]).toMatchObject({ height: 112 });
  });
});

describe('the rest of a failing address', () => {
  const rests = (pool: EndpointPool, now: number): number => pool.states(now)[0]?.restsMs ?? 0;

  it('doubles from failure to failure, to a minute', () => {
    const pool = poolOf();
    let now = 0;
    const found = Array.from({ length: 8 }, () => {
      pool.failed(A, { now, reason });
      const rest = rests(pool, now);
      now += rest;
      return rest;
    });
    expect(found).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
  });

  it('is lengthened once by an outage that many requests find', () => {
    const pool = poolOf();
    for (let again = 0; again < 50; again += 1) pool.failed(A, { now: again, reason });
    expect(rests(pool, 49)).toBe(1_000);
    expect(pool.states(49)[0]).toMatchObject({ errors: 50, requests: 50, lastError: reason });
  });

  it('is short again only after a stable minute', () => {
    const pool = poolOf();
    for (const now of [0, 1_000]) pool.failed(A, { now, reason });
    pool.succeeded(A, { now: 3_000, latencyMs: 1 });
    pool.failed(A, { now: 10_000, reason });
    expect(rests(pool, 10_000)).toBe(4_000);
    pool.succeeded(A, { now: 20_000, latencyMs: 1 });
    pool.failed(A, { now: 80_000, reason });
    expect(rests(pool, 80_000)).toBe(1_000);
  });
});

describe('what is told of an address', () => {
  it('is a moving mean of its latency', () => {
    const pool = poolOf();
    pool.succeeded(A, { now: 0, latencyMs: 10 });
    pool.succeeded(A, { now: 1, latencyMs: 20 });
    expect(pool.states(1)[0]).toMatchObject({ latencyMs: 12, requests: 2, errors: 0 });
  });

  it('is never more than its scheme, host and port', () => {
    const secret = '0123456789abcdef';
    const url = `https://user:${secret}@node.example:443/${secret}/?key=${secret}`;
    const pool = poolOf(false, [url]);
    pool.failed(url, {
      now: 0,
      reason: `POST ${url}: refused, and so was wss://x.example/${secret}`,
    });
    const told = JSON.stringify(pool.states(0));
    expect(told).not.toContain(secret);
    expect(told).toContain('POST https://node.example:443 refused, and so was wss://x.example');
    expect(originOf('nonsense')).toBe('unreadable');
    expect(withoutAddresses('nothing to hide')).toBe('nothing to hide');
  });

  it('is nothing of what was never an address of its', () => {
    const pool = poolOf();
    pool.failed('https://other.example', { now: 0, reason });
    pool.succeeded('https://other.example', { now: 0, latencyMs: 1 });
    pool.stoodAt('https://other.example', { now: 0, height: 1 });
    expect(pool.states(0).map(({ requests }) => requests)).toEqual([0, 0, 0]);
  });
});

it('needs an address, and drops repetitions', () => {
  expect(() => poolOf(false, [])).toThrow('at least one');
  expect(poolOf(false, [A, B, A]).urls).toEqual([A, B]);
});

it('always asks somebody, and never one that failed while another has not', () => {
  const fact = fc.record({
    url: fc.constantFrom(A, B, C),
    what: fc.constantFrom('failed', 'succeeded', 'stoodAt'),
    after: fc.integer({ min: 0, max: 100_000 }),
    height: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 60 }), (facts) => {
      const pool = poolOf();
      const failing = new Set<string>();
      let now = 0;
      for (const { url, what, after, height } of facts) {
        now += after;
        if (what === 'failed') {
          pool.failed(url, { now, reason });
          failing.add(url);
        } else if (what === 'succeeded') {
          pool.succeeded(url, { now, latencyMs: 1 });
          failing.delete(url);
        } else pool.stoodAt(url, { now, height });
        const chosen = pool.choose(now);
        expect(pool.urls).toContain(chosen);
        if (failing.size < 3) expect(failing.has(chosen)).toBe(false);
        expect(pool.states(now).every(({ restsMs }) => restsMs <= 60_000)).toBe(true);
      }
    }),
  );
});
