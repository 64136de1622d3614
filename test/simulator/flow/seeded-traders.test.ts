/**
 * The seeded traders: a lively market with depth, trades and trends, quiet in between, at flat
 * memory.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import { exchangeRandom } from '../../../src/simulator/chain/exchange-random.js';
import type { ExchangeOptions } from '../../../src/simulator/exchange-options.js';
import type { Exchange } from '../../../src/simulator/exchange-types.js';
import { CommonNews } from '../../../src/simulator/flow/common-news.js';
import { FairPrice } from '../../../src/simulator/flow/fair-price.js';
import { FLOW_PRESETS } from '../../../src/simulator/flow/flow-presets.js';
import { oracleValue } from '../../../src/simulator/indexer/wire-units.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import { START_MS } from '../../support/exchange-driver.js';

/** A machine that does much else beside is slow. */
const PATIENCE_MS = 120_000;
const TURN_MS = 100;
const MARKETS = 8;

interface Sample {
  readonly mid: number;
  readonly spreadBps: number;
  readonly levels: number;
  /** −1 to 1: which side of the ten best levels is larger. */
  readonly imbalance: number;
}

interface Observed {
  readonly exchange: Exchange;
  readonly samples: ReadonlyMap<number, Sample[]>;
  readonly levelChanges: number;
  readonly trades: number;
  readonly liquidations: number;
}

function exchangeOf(preset: ExchangeOptions['preset'], count: number, seed = 11): Exchange {
  return createExchange({
    seed,
    ...marketsOf(count),
    startTimeMs: START_MS,
    startHeight: 1,
    takerFeePpm: 500,
    makerFeePpm: -110,
    preset,
  });
}

function sampleOf(exchange: Exchange, clobPairId: number): Sample {
  const { bids, asks } = exchange.book(clobPairId, 200);
  const sum = (levels: typeof bids) =>
    levels.slice(0, 10).reduce((total, { quantums }) => total + Number(quantums), 0);
  const bid = Number(bids[0]?.subticks ?? 0n);
  const ask = Number(asks[0]?.subticks ?? 0n);
  const mid = (bid + ask) / 2;
  return {
    mid,
    spreadBps: ((ask - bid) / mid) * 10_000,
    levels: Math.min(bids.length, asks.length),
    imbalance: (sum(bids) - sum(asks)) / (sum(bids) + sum(asks)),
  };
}

function observe(preset: ExchangeOptions['preset'], minutes: number, count = MARKETS): Observed {
  const exchange = exchangeOf(preset, count);
  const samples = new Map<number, Sample[]>(
    exchange.markets().map(({ market }) => [market.clobPairId, []]),
  );
  let levelChanges = 0;
  let trades = 0;
  let liquidations = 0;
  for (let timeMs = TURN_MS; timeMs <= minutes * 60_000; timeMs += TURN_MS) {
    const outputs = [...exchange.apply({ type: 'flow', timeMs: START_MS + timeMs }).outputs];
    if (timeMs % 600 === 0) {
      outputs.push(...exchange.apply({ type: 'block', timeMs: START_MS + timeMs }).outputs);
    }
    for (const output of outputs) {
      if (output.type === 'level') levelChanges += 1;
      if (output.type !== 'trades') continue;
      trades += output.trades.length;
      liquidations += output.trades.filter(({ type }) => type !== 'LIMIT').length;
    }
    if (timeMs % 1_000 !== 0 || timeMs < 5_000) continue;
    for (const [clobPairId, list] of samples) list.push(sampleOf(exchange, clobPairId));
  }
  return { exchange, samples, levelChanges, trades, liquidations };
}

/** Moves over ten seconds in basis points, beside the imbalance at their end. */
const moves = (list: readonly Sample[]) =>
  list.slice(10).map(({ mid, imbalance }, index) => {
    const before = list[index]?.mid ?? mid;
    return { bps: (mid / before - 1) * 10_000, imbalance };
  });

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

describe('a busy exchange over four minutes', () => {
  let busy: Observed;
  beforeAll(() => {
    busy = observe('busy', 4);
  }, PATIENCE_MS);
  const lists = () => [...busy.samples.values()];

  it('quotes at least 20 levels a side most of the time, and never an empty one', () => {
    for (const list of lists()) {
      expect(median(list.map(({ levels }) => levels))).toBeGreaterThanOrEqual(20);
      expect(Math.min(...list.map(({ levels }) => levels))).toBeGreaterThan(3);
    }
  });

  it('quotes more than 100 levels a side in the largest markets', () => {
    for (const list of lists().slice(0, 2)) {
      expect(median(list.map(({ levels }) => levels))).toBeGreaterThanOrEqual(100);
    }
  });

  it('keeps spreads of a few ticks or basis points', () => {
    for (const list of lists()) {
      const spread = median(list.map(({ spreadBps }) => spreadBps));
      expect(spread).toBeGreaterThan(0);
      expect(spread).toBeLessThan(8);
    }
  });

  it('trades some times a second in every market, and changes some tens of levels', () => {
    const seconds = 4 * 60;
    expect(busy.trades / MARKETS / seconds).toBeGreaterThan(1);
    expect(busy.trades / MARKETS / seconds).toBeLessThan(6);
    expect(busy.levelChanges / MARKETS / seconds).toBeGreaterThan(15);
    expect(busy.levelChanges / MARKETS / seconds).toBeLessThan(70);
  });

  it('has trends, mostly with the book on their side, and is quiet elsewhere', () => {
    const trending = lists().map((list) => moves(list).filter(({ bps }) => Math.abs(bps) > 8));
    const quiet = lists()
      .flatMap(moves)
      .filter(({ bps }) => Math.abs(bps) < 3);
    expect(trending.filter((list) => list.length > 5).length).toBeGreaterThanOrEqual(3);
    const all = trending.flat();
    const supported = all.filter(({ bps, imbalance }) => bps * imbalance > 0);
    expect(supported.length / all.length).toBeGreaterThan(0.6);
    expect(quiet.length).toBeGreaterThan(all.length);
  });

  it('keeps the oracle price near the mid', () => {
    for (const { market, oraclePriceE12, priceChange24hE12 } of busy.exchange.markets()) {
      const { mid } = sampleOf(busy.exchange, market.clobPairId);
      const exponent = market.atomicResolution - market.quantumConversionExponent + 6 - 12;
      const oracle = Number(oraclePriceE12) * 10 ** exponent;
      expect(Math.abs(oracle / mid - 1)).toBeLessThan(0.003);
      expect(priceChange24hE12).not.toBe(0n);
    }
  });

  it('keeps the open interest below what margins begin to grow at', () => {
    for (const { market, openInterest, oraclePriceE12 } of busy.exchange.markets()) {
      const cap = market.openInterestLowerCap;
      const usd = oracleValue(market, openInterest, oraclePriceE12);
      expect(usd).toBeGreaterThan(0n);
      expect(usd).toBeLessThan(cap === 0n ? 50_000_000_000_000n : cap);
    }
  });

  it('keeps no orders or fills of its traders, and a bounded history of trades', () => {
    const maker = { owner: 'seeded/BTC-USD/maker-0', number: 0 };
    expect(busy.exchange.accountNumber(maker.owner)).toBeDefined();
    expect(busy.exchange.orders(maker)).toEqual([]);
    expect(busy.exchange.fills(maker)).toEqual([]);
    expect(busy.exchange.trades(0).length).toBeLessThanOrEqual(1_000);
  });
});

/** Each market's level changes over some turns, and the hash of it all. */
function levelsOf(count: number, seed: number, turns = 200) {
  const exchange = exchangeOf('storm', count, seed);
  const byMarket = new Map<number, string[]>();
  const byTurn: number[] = [];
  for (let turn = 1; turn <= turns; turn += 1) {
    const { outputs } = exchange.apply({ type: 'flow', timeMs: START_MS + turn * 50 });
    byTurn.push(outputs.length);
    if (turn % 13 === 0) exchange.apply({ type: 'block', timeMs: START_MS + turn * 50 });
    for (const output of outputs) {
      if (output.type !== 'level') continue;
      const lines = byMarket.get(output.clobPairId) ?? [];
      lines.push(`${output.side} ${output.level.subticks} ${output.level.quantums}`);
      byMarket.set(output.clobPairId, lines);
    }
  }
  return { byMarket, byTurn, hash: exchange.hash() };
}

describe('the traders of many markets', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(levelsOf(3, 5, 60).hash).toBe(levelsOf(3, 5, 60).hash);
    expect(levelsOf(3, 5, 60).hash).not.toBe(levelsOf(3, 6, 60).hash);
  });

  it('do not disturb each other: a market does the same among more of them', () => {
    const few = levelsOf(2, 5).byMarket;
    const more = levelsOf(5, 5).byMarket;
    expect(few.get(0)?.length).toBeGreaterThan(100);
    for (const [clobPairId, lines] of few) expect(more.get(clobPairId)).toEqual(lines);
  });

  it('take turns, so that none of the turns has to do everything', () => {
    const { byTurn, byMarket } = levelsOf(60, 5, 16);
    expect(byMarket.size).toBe(60);
    const sum = byTurn.reduce((total, count) => total + count, 0);
    expect(Math.max(...byTurn)).toBeLessThan(sum / 2);
  });
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f: (index: number) => number) => a.reduce((total, _, index) => total + f(index), 0);
  const da = (index: number) => (a[index] ?? 0) - ma;
  const db = (index: number) => (b[index] ?? 0) - mb;
  return sum((i) => da(i) * db(i)) / Math.sqrt(sum((i) => da(i) ** 2) * sum((i) => db(i) ** 2));
}

describe('the presets', { timeout: PATIENCE_MS }, () => {
  it('none has no traders and no orders', () => {
    const exchange = exchangeOf('none', 2);
    expect(exchange.apply({ type: 'flow', timeMs: START_MS + 100 }).outputs).toEqual([]);
    expect(exchange.accountNumber('seeded/BTC-USD/maker-0')).toBeUndefined();
  });

  it('crash liquidates gamblers, who come back, and calm hardly any', () => {
    const crash = observe('crash', 1.5, 3);
    expect(crash.liquidations).toBeGreaterThan(3);
    expect(observe('calm', 1, 3).liquidations).toBeLessThan(crash.liquidations / 3);
    const stakes = crash.exchange.totals().paidIn - exchangeOf('crash', 3).totals().paidIn;
    expect(stakes).toBeGreaterThan(0n);
    expect(stakes).toBeLessThan(10_000_000_000_000n);
  });

  it('go from calm to storm', () => {
    const [calm, busy, storm] = (['calm', 'busy', 'storm'] as const).map((p) => observe(p, 2, 2));
    expect(calm?.trades).toBeLessThan(busy?.trades ?? 0);
    expect(busy?.trades).toBeLessThan(storm?.trades ?? 0);
  });

  it.each([
    ['trend', 1],
    ['crash', -1],
  ] as const)('%s has its direction', (preset, direction) => {
    const { samples } = observe(preset, 2, 4);
    const drifts = [...samples.values()].map((list) => {
      const first = list[0]?.mid ?? 1;
      return (list.at(-1)?.mid ?? first) / first - 1;
    });
    const sum = drifts.reduce((total, drift) => total + drift, 0);
    expect(Math.sign(sum)).toBe(direction);
  });
});

describe('the fair price', () => {
  it('moves with that of other markets, but not alike', () => {
    const preset = FLOW_PRESETS.storm;
    const random = exchangeRandom(3);
    const news = new CommonNews(preset, random.fork('news'));
    const fairs = ['a', 'b', 'c'].map((name) => new FairPrice(preset, random.fork(name)));
    const moved: number[][] = [[], [], []];
    for (let minute = 0; minute < 600; minute += 1) {
      const before = fairs.map(({ ratio }) => ratio);
      for (let second = 0; second < 60; second += 1) {
        news.advance(1);
        for (const fair of fairs) fair.advance(1, news);
      }
      for (const [index, fair] of fairs.entries()) {
        moved[index]?.push(Math.log(fair.ratio / (before[index] ?? 1)));
      }
    }
    const [a = [], b = [], c = []] = moved;
    for (const value of [correlation(a, b), correlation(a, c), correlation(b, c)]) {
      expect(value).toBeGreaterThan(0.15);
      expect(value).toBeLessThan(0.9);
    }
  });

  it.each(['crash', 'trend', 'storm'] as const)('of %s stays in reach for a day', (name) => {
    const preset = FLOW_PRESETS[name];
    const random = exchangeRandom(3);
    const news = new CommonNews(preset, random.fork('news'));
    const fair = new FairPrice(preset, random.fork('fair'));
    let [low, high] = [1, 1];
    for (let second = 0; second < 86_400; second += 0.5) {
      news.advance(0.5);
      fair.advance(0.5, news);
      low = Math.min(low, fair.ratio);
      high = Math.max(high, fair.ratio);
    }
    expect(low).toBeGreaterThan(0.5);
    expect(high).toBeLessThan(2);
  });
});

describe('a trader whose quotes are passed by the news', () => {
  it('is hit by arbitrage when a stranger leaves a price behind', () => {
    const exchange = exchangeOf('busy', 1);
    const id = { owner: 'alice', number: 0 };
    exchange.apply({ type: 'fund', subaccount: id, quoteQuantums: 1_000_000_000_000n });
    const run = (turns: number): void => {
      for (let turn = 0; turn < turns; turn += 1) {
        exchange.apply({ type: 'flow', timeMs: START_MS + (exchange.height * 10 + turn) * 100 });
      }
      exchange.apply({ type: 'block', timeMs: START_MS + exchange.height * 1_000 });
    };
    run(10);
    const best = exchange.book(0, 1).asks[0]?.subticks ?? 0n;
    exchange.apply({
      type: 'place',
      order: {
        id: { subaccount: id, clientId: 1, orderFlags: 0, clobPairId: 0 },
        side: 'BUY',
        quantums: 10_000_000n,
        subticks: best + 30_000_000n,
        goodTilBlock: exchange.height + 20,
        goodTilBlockTime: 0,
        timeInForce: 'GTT',
        reduceOnly: false,
        clientMetadata: 0,
      },
    });
    for (let blocks = 0; blocks < 4; blocks += 1) run(10);
    expect(exchange.subaccount(id)?.positions[0]?.quantums).toBe(10_000_000n);
  });
});
