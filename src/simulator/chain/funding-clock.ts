/**
 * Funding as the chain keeps time: a premium vote in every block, a sample each minute (at :30), a
 * tick on the hour that moves every market's index. Accounts settle later, at their next update;
 * the rows of who paid what are written about a minute after the tick.
 */
import { divideFloor } from '../../model/quantities.js';
import type { Block, BlockContext } from './block-steps.js';
import type { FundingPayment, FundingTick } from '../chain-messages.js';
import { fundingIndexStep, fundingOwedPpm, fundingRatePpm, rate1hE12 } from './funding-index.js';
import type { MarginBook, MarginState } from './margin.js';
import type { Memclob } from './memclob.js';
import { PremiumSamples, premiumVotePpm } from './premium-samples.js';
import { Recent } from './recent.js';
import type { SubaccountRecord } from './subaccount-record.js';

const MILLION = 1_000_000n;
const MINUTE_MS = 60_000;
const SAMPLE_OFFSET_MS = 30_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The rows of a tick are written so much later. */
const PAYMENTS_DELAY_MS = MINUTE_MS;
/** Hourly: 90 days. */
const TICKS_MAX = 2_160;

interface FundedMarket {
  readonly state: MarginState;
  readonly book: Memclob;
  readonly samples: PremiumSamples;
  readonly ticks: Recent<FundingTick>;
}

/** What one tick did to a market's index. */
interface IndexMove {
  readonly tick: FundingTick;
  readonly step: bigint;
}

interface DuePayment {
  readonly record: SubaccountRecord;
  readonly payment: FundingPayment;
  readonly dueMs: number;
}

export interface FundingClockOptions {
  readonly margins: MarginBook;
  readonly states: readonly MarginState[];
  readonly book: (clobPairId: number) => Memclob;
  readonly records: () => Iterable<SubaccountRecord>;
  readonly startTimeMs: number;
}

export class FundingClock {
  readonly #options: FundingClockOptions;
  readonly #markets = new Map<number, FundedMarket>();
  #hour: number;
  #minute: number;
  /** Of the last tick: at most one per position. */
  #due: DuePayment[] = [];

  constructor(options: FundingClockOptions) {
    this.#options = options;
    this.#hour = Math.floor(options.startTimeMs / HOUR_MS);
    this.#minute = minuteOf(options.startTimeMs);
    for (const state of options.states) {
      const { clobPairId } = state.market;
      const book = options.book(clobPairId);
      const samples = new PremiumSamples();
      this.#markets.set(clobPairId, { state, book, samples, ticks: new Recent(TICKS_MAX) });
    }
  }

  /** Newest first. */
  history(clobPairId: number): readonly FundingTick[] {
    return this.#markets.get(clobPairId)?.ticks.newestFirst() ?? [];
  }

  /** Prediction for the running hour, fraction × 1e12. */
  nextRate1hE12({ market }: MarginState): bigint {
    const premiumPpm = this.#markets.get(market.clobPairId)?.samples.predictedPpm ?? 0;
    return rate1hE12(fundingRatePpm(market, premiumPpm));
  }

  /**
   * On the hour every index moves by that hour's rate; hours without a block count as one. Before
   * anything of this block is matched for the next one: who matches later settles first.
   */
  tick(block: BlockContext): void {
    this.#writeDue(block.timeMs);
    const hour = Math.floor(block.timeMs / HOUR_MS);
    if (hour === this.#hour) return;
    this.#hour = hour;
    this.#options.margins.fundingRound += 1;
    const moves = new Map<number, IndexMove>();
    for (const market of this.#markets.values()) {
      const move = closeHour(market, block);
      moves.set(move.tick.clobPairId, move);
      block.emit({ type: 'funding', tick: move.tick });
    }
    for (const record of this.#options.records()) {
      if (record.isFunded) this.#note(record, moves, block);
    }
  }

  /** At the end of a block: what its books say of the premium. */
  vote({ timeMs }: BlockContext): void {
    const minute = minuteOf(timeMs);
    const isSample = minute !== this.#minute;
    this.#minute = minute;
    for (const { state, book, samples } of this.#markets.values()) {
      const { market, oraclePriceE12 } = state;
      if (market.status === 'ACTIVE') samples.vote(premiumVotePpm(market, oraclePriceE12, book));
      if (isSample) samples.sample();
    }
  }

  #note(record: SubaccountRecord, moves: ReadonlyMap<number, IndexMove>, block: Block): void {
    const { height, timeMs } = block;
    const dueMs = timeMs + PAYMENTS_DELAY_MS;
    for (const { clobPairId, quantums } of record.positions()) {
      const move = moves.get(clobPairId);
      if (move === undefined) continue;
      const { rate1hE12, priceE12 } = move.tick;
      const payment = divideFloor(fundingOwedPpm(move.step, quantums), MILLION);
      const { fundingIndex } = this.#options.margins.state(clobPairId);
      const row = { clobPairId, quantums, rate1hE12, priceE12, payment, fundingIndex };
      this.#due.push({ record, payment: { ...row, height, timeMs }, dueMs });
    }
    const { equity } = record.view();
    const { netTransfers } = record;
    const totalPnl = equity - netTransfers;
    record.pnlTicks.push({ equity, totalPnl, netTransfers, height, timeMs });
  }

  #writeDue(timeMs: number): void {
    if (this.#due[0] === undefined || this.#due[0].dueMs > timeMs) return;
    for (const { record, payment } of this.#due) record.fundingPayments.push(payment);
    this.#due = [];
  }
}

const minuteOf = (timeMs: number): number => Math.floor((timeMs - SAMPLE_OFFSET_MS) / MINUTE_MS);

function closeHour({ state, samples, ticks }: FundedMarket, { height, timeMs }: Block): IndexMove {
  const { market, oraclePriceE12: priceE12 } = state;
  const ratePpm = fundingRatePpm(market, samples.close());
  const step = fundingIndexStep(market, priceE12, ratePpm);
  state.fundingIndex += step;
  const { clobPairId } = market;
  const tick = { clobPairId, rate1hE12: rate1hE12(ratePpm), priceE12, height, timeMs };
  ticks.push(tick);
  return { tick, step };
}
