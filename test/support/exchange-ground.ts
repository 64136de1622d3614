/** An exchange on a virtual clock, with one funded account: what a virtual service stands on. */
import { seededRandom } from '../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { unwrap } from '../../src/model/result.js';
import { createExchange } from '../../src/simulator/chain/exchange.js';
import { ExchangeHost, type ExchangeHostOptions } from '../../src/simulator/exchange-host.venue.js';
import type { ExchangeOptions } from '../../src/simulator/exchange-options.js';
import { connectInMemory } from '../../src/simulator/memory-host.venue.js';
import { marketsOf } from '../../src/simulator/real-markets.js';

const START = Date.UTC(2026, 0, 5);
export const ADDRESS = addressOfKey(unwrap(readPrivateKey(keyFromSeed(7))));
export const ACCOUNT = { owner: ADDRESS, number: 0 };

export interface GroundOptions {
  readonly seed?: number;
  /** Its number; 0 unless told otherwise. */
  readonly subaccount?: number;
  /** Midnight of a Monday unless told otherwise. */
  readonly startMs?: number;
  readonly markets?: number;
  readonly preset?: ExchangeOptions['preset'];
  /** What the chain lets an account do. */
  readonly limits?: ExchangeOptions['limits'];
  /** What the account has at the start. */
  readonly fundUsd?: number;
  readonly habits?: ExchangeHostOptions['habits'];
  /** Faults, an indexer with a copy to lag behind with, and the like. */
  readonly hosting?: Partial<ExchangeHostOptions> & { readonly isCopied?: boolean };
}

export const accountOf = ({ subaccount = 0 }: GroundOptions): typeof ACCOUNT => ({
  ...ACCOUNT,
  number: subaccount,
});

/** The clock, and the exchange on it. */
export interface Ground {
  readonly clock: SimulatedClock;
  readonly host: ExchangeHost;
  readonly memory: ReturnType<typeof connectInMemory>;
}

export function makeGround(options: GroundOptions): Ground {
  const { seed = 7, markets = 2, preset = 'calm', startMs = START } = options;
  const { fundUsd = 10_000, habits, limits } = options;
  const { isCopied = false, ...hosting } = options.hosting ?? {};
  const clock = new SimulatedClock(startMs);
  const exchangeOptions: ExchangeOptions = {
    seed,
    ...marketsOf(markets),
    startTimeMs: startMs,
    startHeight: 1000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset,
    limits,
  };
  const exchange = createExchange(exchangeOptions);
  const indexerCopy = isCopied ? createExchange(exchangeOptions) : undefined;
  const random = seededRandom(seed);
  const host = new ExchangeHost({ exchange, indexerCopy, clock, random, habits, ...hosting });
  const quoteQuantums = BigInt(fundUsd) * 1_000_000n;
  host.submit({ type: 'fund', subaccount: accountOf(options), quoteQuantums });
  host.start();
  return { clock, host, memory: connectInMemory({ host, clock, latencyMs: 2 }) };
}
