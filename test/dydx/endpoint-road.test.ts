/** Reads that go to the healthy address, and proofs by height that outlive a failover. */
import { firstValueFrom, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { EndpointPool } from '../../src/dydx/endpoint-pool.js';
import { endpointProbes, EndpointRoad } from '../../src/dydx/endpoint-road.client.js';
import { indexerReads, type VenueReads } from '../../src/dydx/indexer.client.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import { blockHeight } from '../../src/model/quantities.js';
import { Failure } from '../../src/model/result.js';
import type { HttpAnswer, HttpPort } from '../../src/ports/http.js';
import { specs, subaccount } from './samples.js';

const [A, B] = ['http://a.example/v4', 'http://b.example/v4'] as const;
const [NODE_A, NODE_B] = ['http://a.example:1', 'http://b.example:1'] as const;
type Host = 'a.example' | 'b.example';

const answer = (status: number, body: unknown): Observable<HttpAnswer> =>
  of({ status, headers: {}, body: JSON.stringify(body) });
const network = () => throwError(() => new Failure('http.network', 'cut', { retryable: true }));

/** Two indexers and two nodes with heights; `broken` answers by host. */
function setup() {
  const clock = new SimulatedClock(1_000_000);
  const heights: Record<Host, number> = { 'a.example': 100, 'b.example': 100 };
  const broken = new Map<Host, () => Observable<HttpAnswer>>();
  const asked: string[] = [];
  const chain = { id: 'localdydxprotocol' };
  const http: HttpPort = {
    send: ({ url, body }) => {
      const { hostname, pathname } = new URL(url);
      const host = hostname as Host;
      const method = body === undefined ? '' : (JSON.parse(body) as { method: string }).method;
      asked.push(`${host[0]} ${method || pathname.replace('/v4', '')}`);
      const fault = broken.get(host);
      if (fault !== undefined) return fault();
      const height = String(heights[host]);
      if (method === 'block') {
        return answer(200, { result: { block: { header: { height, chain_id: chain.id } } } });
      }
      if (method === 'status') {
        const sync_info = { latest_block_height: height };
        return answer(200, { result: { node_info: { network: chain.id }, sync_info } });
      }
      if (pathname.endsWith('/height')) return answer(200, { height, time: 't' });
      return answer(200, { fills: [] });
    },
  };
  const pools = {
    rest: new EndpointPool({ kind: 'rest', urls: [A, B], hasProbes: true }),
    rpc: new EndpointPool({ kind: 'rpc', urls: [NODE_A, NODE_B], hasProbes: true }),
  };
  const reads = indexerReads({
    network: embeddedNetwork(1),
    http,
    clock,
    subaccount,
    specOf: (market) => specs.get(market),
    pools,
  });
  const read = async <T>(read$: Observable<T>): Promise<T | string> =>
    firstValueFrom(read$).catch((error: Failure) => error.code);
  const fills = () => read(reads.fillsSince(blockHeight(1)));
  return { asked, broken, chain, clock, fills, heights, http, pools, read, reads };
}

describe('a read', () => {
  it.each<[string, () => Observable<HttpAnswer>, string]>([
    ['whose connection is cut', network, 'http.network'],
    ['that is answered with a server error', () => answer(502, {}), 'rest.unavailable'],
    ['that is forbidden there', () => answer(403, {}), 'rest.forbidden'],
  ])('%s fails, and the next goes to the other indexer', async (_what, fault, code) => {
    const { asked, broken, fills } = setup();
    broken.set('a.example', fault);
    expect(await fills()).toBe(code);
    expect(await fills()).toEqual([]);
    expect(asked).toEqual(['a /fills', 'b /fills']);
  });

  it('that fails tells of the address its host and of the path what is ours', async () => {
    const clock = new SimulatedClock(1_000_000);
    const base = 'https://indexer.example/a-key-to-it/v4';
    const message = `GET ${base}/fills: connect ECONNREFUSED`;
    const http: HttpPort = {
      send: () => throwError(() => new Failure('http.network', message, { retryable: true })),
    };
    const pool = new EndpointPool({ kind: 'rest', urls: [base], hasProbes: false });
    const road = new EndpointRoad(http, () => clock.now());
    const asked = { method: 'GET', url: `${base}/fills`, deadlineMs: 1 } as const;
    await expect(firstValueFrom(road.send(pool, base, asked))).rejects.toMatchObject({
      code: 'http.network',
      message: 'GET https://indexer.example/v4/fills: connect ECONNREFUSED',
      retryable: true,
    });
    expect(pool.states(clock.now())[0]?.lastError).not.toContain('a-key-to-it');
  });

  it.each<[string, number]>([
    ['that is limited for its rate', 429],
    ['of what is not there', 404],
  ])('%s says nothing against the indexer', async (_what, status) => {
    const { asked, broken, clock, fills } = setup();
    broken.set('a.example', () => answer(status, {}));
    await fills();
    broken.clear();
    const again = fills();
    // As long as the indexer asks for, when it does.
    await clock.advance(1_000);
    await again;
    expect(asked).toEqual(['a /fills', 'a /fills']);
  });

  it('of the chain goes to the other node after a failure', async () => {
    const { broken, read, reads } = setup();
    broken.set('a.example', network);
    expect(await read(reads.chainHeight())).toBe('http.network');
    expect(await read(reads.chainHeight())).toBe(100);
  });

  it.each<[string, unknown, (venue: VenueReads) => Observable<unknown>]>([
    [
      'that it refuses with a code',
      { result: { response: { code: 6, log: 'unknown query path' } } },
      (venue) => venue.limits(),
    ],
    ['whose answer is an error', { error: { code: -32603 } }, (venue) => venue.limits()],
    [
      'that it answers for another chain',
      { result: { block: { header: { height: '100', chain_id: 'dydx-testnet-4' } } } },
      (venue) => venue.chainHeight(),
    ],
  ])('of a node %s, with status 200, sends the next to the other', async (_what, body, ask) => {
    const { broken, clock, pools, read, reads } = setup();
    broken.set('a.example', () => answer(200, body));
    expect(await read(ask(reads))).toBe('rest.unreadable');
    expect(pools.rpc.choose(clock.now())).toBe(NODE_B);
    const [a, b] = pools.rpc.states(clock.now());
    expect([a?.state, b?.state]).toEqual(['failing', 'healthy']);
  });
});

describe('a proof by height', () => {
  it('is not carried on by an indexer that has not come so far', async () => {
    const { asked, broken, fills, heights, read, reads } = setup();
    heights['b.example'] = 90;
    expect(await read(reads.indexerHeight())).toBe(100);
    broken.set('a.example', network);
    expect(await fills()).toBe('http.network');
    // B would say that there are no fills below 100, of which it knows those below 90.
    expect(await fills()).toBe('rest.behind');
    expect(asked).toEqual(['a /height', 'a /fills', 'b /height']);
  });

  it('is carried on by one that has', async () => {
    const { asked, broken, fills, heights, read, reads } = setup();
    heights['b.example'] = 101;
    await read(reads.indexerHeight());
    broken.set('a.example', network);
    await fills();
    expect(await fills()).toEqual([]);
    expect(await fills()).toEqual([]);
    expect(asked.slice(2)).toEqual(['b /height', 'b /fills', 'b /fills']);
  });

  it('is not carried on by one that tells no height', async () => {
    const { broken, fills, read, reads } = setup();
    await read(reads.indexerHeight());
    broken.set('a.example', network);
    broken.set('b.example', () => answer(200, { height: 'none' }));
    await fills();
    expect(await fills()).toBe('rest.behind');
  });
});

describe('probes', () => {
  function probed(kind: 'rest' | 'rpc') {
    const all = setup();
    const road = new EndpointRoad(all.http, () => all.clock.now());
    const { scheduler } = all.clock;
    const pool = all.pools[kind];
    const options = { road, pool, chainId: 'localdydxprotocol', scheduler };
    const probes = endpointProbes(options).subscribe();
    return { ...all, pool, probes };
  }

  it.each(['rest', 'rpc'] as const)(
    'of %s bring back what has failed, and see what lags',
    async (kind) => {
      const { broken, clock, heights, pool, probes } = probed(kind);
      const [first, second] = pool.urls;
      pool.failed(first ?? '', { now: clock.now(), reason: 'test' });
      expect(pool.choose(clock.now())).toBe(second);
      await clock.advance(5_000);
      expect(pool.choose(clock.now())).toBe(first);
      heights['a.example'] = 80;
      await clock.advance(5_000);
      expect(pool.choose(clock.now())).toBe(second);
      expect(pool.states(clock.now())).toMatchObject([
        { state: 'lagging', lagBlocks: 20, height: 80 },
        { state: 'healthy', height: 100 },
      ]);
      heights['a.example'] = 100;
      broken.set('b.example', network);
      await clock.advance(5_000);
      expect(pool.choose(clock.now())).toBe(first);
      probes.unsubscribe();
      expect(clock.pending).toBe(0);
    },
  );

  it('find out that a node is of another chain', async () => {
    const { chain, clock, pool } = probed('rpc');
    chain.id = 'another';
    await clock.advance(5_000);
    expect(pool.states(clock.now())).toMatchObject([
      { state: 'failing', lastError: 'it tells no height' },
      { state: 'failing' },
    ]);
  });

  it('are fewer the longer an address fails', async () => {
    const { asked, broken, clock } = probed('rest');
    broken.set('a.example', () => answer(500, {}));
    await clock.advance(600_000);
    const toA = asked.filter((one) => one.startsWith('a')).length;
    expect(toA).toBeGreaterThan(9);
    expect(toA).toBeLessThan(20);
    expect(asked.filter((one) => one.startsWith('b'))).toHaveLength(120);
  });

  it('are not made where there is nothing to choose', () => {
    const { clock, http } = setup();
    const pool = new EndpointPool({ kind: 'rest', urls: [A], hasProbes: false });
    const road = new EndpointRoad(http, () => clock.now());
    const { scheduler } = clock;
    endpointProbes({ road, pool, chainId: '', scheduler }).subscribe();
    expect(clock.pending).toBe(0);
  });
});
