/**
 * Runs the simulated exchange in process through hours of virtual time and prints one line of
 * figures; exit code 1 when its memory has grown in the second half, once its bounded histories are
 * full, when a price has left all reason, or when money was lost.
 * `npm run soak:exchange -- [markets] [preset] [minutes] [seed]`
 */
import { createExchange } from '../src/simulator/chain/exchange.js';
import type { FlowPresetName } from '../src/simulator/exchange-options.js';
import { FLOW_PRESETS } from '../src/simulator/flow/flow-presets.js';
import { marketsOf } from '../src/simulator/real-markets.js';

const FLOW_MS = 50;
const BLOCK_MS = 650;
const SAMPLE_MS = 600_000;
const START_MS = 1_700_000_000_000;
/** Heap after a full collection may grow by this factor from half time to the end. */
const GROWTH_MAX = 1.1;
const PRICE_RATIO_MAX = 3;

const [markets = '8', preset = 'busy', minutes = '60', seed = '7'] = process.argv.slice(2);
const isPreset = (name: string): name is FlowPresetName => Object.hasOwn(FLOW_PRESETS, name);
if (!isPreset(preset)) throw new RangeError(`expected a preset, was ${preset}`);
const collect = globalThis.gc;
if (collect === undefined) throw new Error('expected node to run with --expose-gc');

const listed = marketsOf(Number(markets));
const exchange = createExchange({
  ...listed,
  seed: Number(seed),
  preset,
  startTimeMs: START_MS,
  startHeight: 1_000,
  takerFeePpm: 500,
  makerFeePpm: 100,
});
const counts = { bookUpdates: 0, trades: 0, liquidations: 0 };
const heapMb: number[] = [];

function apply(input: Parameters<typeof exchange.apply>[0]): void {
  for (const output of exchange.apply(input).outputs) {
    if (output.type === 'level') counts.bookUpdates += 1;
    if (output.type !== 'trades') continue;
    counts.trades += output.trades.length;
    counts.liquidations += output.trades.filter(({ type }) => type !== 'LIMIT').length;
  }
}

const started = performance.now();
const cpu = process.cpuUsage();
const endMs = Number(minutes) * 60_000;
let blockMs = BLOCK_MS;
for (let timeMs = FLOW_MS; timeMs <= endMs; timeMs += FLOW_MS) {
  apply({ type: 'flow', timeMs: START_MS + timeMs });
  if (timeMs >= blockMs) {
    blockMs += BLOCK_MS;
    apply({ type: 'block', timeMs: START_MS + timeMs });
  }
  if (timeMs % SAMPLE_MS !== 0) continue;
  collect();
  heapMb.push(Math.round(process.memoryUsage().heapUsed / 1e5) / 10);
}
const { user, system } = process.cpuUsage(cpu);
const ratios = exchange.markets().map(({ market, oraclePriceE12 }) => {
  const start = Number(listed.oraclePricesE12.get(market.clobPairId));
  return Number(oraclePriceE12) / start;
});
const { subaccounts, wallets, fees, insurance, fundingPool, dust, paidIn } = exchange.totals();
const figures = {
  markets: listed.markets.length,
  preset,
  virtualSeconds: endMs / 1000,
  wallSeconds: Math.round((performance.now() - started) / 1000),
  corePct: Math.round((user + system) / endMs) / 10,
  bookUpdatesPerSecond: Math.round((counts.bookUpdates * 1000) / endMs),
  ...counts,
  heapMb,
  priceRatios: [Math.min(...ratios), Math.max(...ratios)].map((ratio) => Number(ratio.toFixed(3))),
  isConserved: subaccounts + wallets + fees + insurance + fundingPool + dust === paidIn,
  hash: exchange.hash(),
};
console.log(JSON.stringify(figures));
const isFlat = (heapMb.at(-1) ?? 0) <= (heapMb[heapMb.length >> 1] ?? 0) * GROWTH_MAX;
const [lowest = 1, highest = 1] = figures.priceRatios;
const isSane = lowest > 1 / PRICE_RATIO_MAX && highest < PRICE_RATIO_MAX;
process.exitCode = isFlat && isSane && figures.isConserved ? 0 : 1;
