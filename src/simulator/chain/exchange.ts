/**
 * The simulated exchange: a chain of one node that matches optimistically, commits what matched
 * block by block, and tells what an off-chain node and an on-chain indexer would publish.
 * Deterministic: equal options and inputs give equal outputs and hashes.
 */
import { BlockCommit } from './block-commit.js';
import { BlockRateLimit } from './block-rate-limit.js';
import { ACCEPTED, orderKey, refuse } from './check-tx.js';
import type {
  ChainLimits,
  ExchangeTransfer,
  FeeTier,
  FundingPayment,
  FundingTick,
  MoneyTotals,
  PnlTick,
  Wallet,
} from '../chain-messages.js';
import { Clearing, subaccountKey, type Account, type MarginState } from './clearing.js';
import { exchangeRandom } from './exchange-random.js';
import type { ExchangeOptions } from '../exchange-options.js';
import type {
  ApplyResult,
  CheckResult,
  Exchange,
  ExchangeInput,
  ExchangeOrder,
  ExchangeOutput,
  MarketView,
} from '../exchange-types.js';
import type { CancelOrder, SubaccountId, VenueOrderId } from '../order-terms.js';
import { MarketHistory } from './market-history.js';
import {
  MatchingEngine,
  type EngineListener,
  type OptimisticMatch,
  type RemovalReason,
} from './matching-engine.js';
import type { LiveOrder } from './memclob.js';
import { SeededTraders } from '../flow/seeded-traders.js';
import { RollingHash } from './rolling-hash.js';
import { SubaccountRecord } from './subaccount-record.js';

export const createExchange = (options: ExchangeOptions): Exchange =>
  new SimulatedExchange(options);

class SimulatedExchange implements Exchange {
  readonly #margins: readonly MarginState[];
  readonly #clearing: Clearing;
  readonly #engine: MatchingEngine;
  readonly #traders: SeededTraders;
  readonly #commit: BlockCommit;
  readonly #records = new Map<string, SubaccountRecord>();
  readonly #accountNumbers = new Map<string, number>();
  readonly #histories = new Map<number, MarketHistory>();
  readonly #rateLimit = new BlockRateLimit();
  readonly #hash = new RollingHash();
  #outputs: ExchangeOutput[] = [];
  #matches: OptimisticMatch[] = [];
  #height: number;
  #timeMs: number;

  constructor(options: ExchangeOptions) {
    this.#height = options.startHeight;
    this.#timeMs = options.startTimeMs;
    this.#margins = options.markets.map((market) => marginOf(market, options.oraclePricesE12));
    this.#clearing = new Clearing({ ...options, margins: this.#margins });
    this.#engine = new MatchingEngine({
      clearing: this.#clearing,
      margins: this.#margins,
      nextHeight: this.#height + 1,
      listener: this.#listener(),
    });
    for (const { clobPairId } of options.markets) {
      this.#histories.set(clobPairId, new MarketHistory(clobPairId));
    }
    this.#traders = new SeededTraders({
      engine: this.#engine,
      margins: this.#margins,
      preset: options.preset,
      random: exchangeRandom(options.seed).fork('flow'),
      startTimeMs: options.startTimeMs,
      fund: (id, quoteQuantums) => this.#openAccount(id, quoteQuantums, true),
    });
    this.#commit = new BlockCommit({
      margins: this.#margins,
      engine: this.#engine,
      histories: this.#histories,
      record: (account) => this.#record(account),
    });
    this.#hash.mix(options.seed);
  }

  get height(): number {
    return this.#height;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  apply(input: ExchangeInput): ApplyResult {
    this.#outputs = [];
    const check = this.#run(input);
    const outputs = this.#outputs;
    this.#hash.mix(input);
    this.#hash.mix(check.code);
    this.#hash.mix(outputs);
    return { check, outputs };
  }

  markets(): readonly MarketView[] {
    return this.#margins.map(({ market, oraclePriceE12, openInterest }) => ({
      market,
      oraclePriceE12,
      openInterest,
      nextFundingRate1hE12: 0n,
      ...this.#history(market.clobPairId).statistics(this.#timeMs, oraclePriceE12),
    }));
  }

  book(clobPairId: number, depth: number): ReturnType<Exchange['book']> {
    const book = this.#engine.book(clobPairId);
    return { bids: book.levels('BUY', depth), asks: book.levels('SELL', depth) };
  }

  subaccount(id: SubaccountId): ReturnType<Exchange['subaccount']> {
    const record = this.#records.get(subaccountKey(id));
    return record?.isFunded === true ? record.view(this.#clearing) : undefined;
  }

  accountNumber(owner: string): number | undefined {
    return this.#accountNumbers.get(owner);
  }

  order(id: VenueOrderId): ExchangeOrder | undefined {
    return this.#records.get(subaccountKey(id.subaccount))?.order(orderKey(id));
  }

  orders(id: SubaccountId): readonly ExchangeOrder[] {
    return this.#records.get(subaccountKey(id))?.orders() ?? [];
  }

  fills(id: SubaccountId): ReturnType<Exchange['fills']> {
    return this.#records.get(subaccountKey(id))?.fills.newestFirst() ?? [];
  }

  trades(clobPairId: number): ReturnType<Exchange['trades']> {
    return this.#history(clobPairId).trades();
  }

  candles(clobPairId: number, resolution: string): ReturnType<Exchange['candles']> {
    return this.#history(clobPairId).candles(resolution);
  }

  closedPositions(id: SubaccountId): ReturnType<Exchange['closedPositions']> {
    return this.#records.get(subaccountKey(id))?.closedPositions.newestFirst() ?? [];
  }

  wallet(): Wallet {
    return { usdc: 0n, native: 0n };
  }

  transfers(): readonly ExchangeTransfer[] {
    return [];
  }

  fundingPayments(): readonly FundingPayment[] {
    return [];
  }

  fundingHistory(): readonly FundingTick[] {
    return [];
  }

  pnlTicks(): readonly PnlTick[] {
    return [];
  }

  feeTiers(): readonly FeeTier[] {
    return [];
  }

  feeTierOf(): FeeTier {
    return { name: '1', volumeRequired: 0n, takerFeePpm: 0, makerFeePpm: 0 };
  }

  volume30d(): bigint {
    return 0n;
  }

  limits(): ChainLimits {
    return { shortTerm: [], stateful: [], equityTiers: [] };
  }

  leverage(): ReadonlyMap<number, number> {
    return new Map();
  }

  totals(): MoneyTotals {
    const subaccounts = 0n;
    return {
      subaccounts,
      wallets: 0n,
      fees: this.#clearing.feesCollected,
      insurance: 0n,
      fundingPool: 0n,
      dust: 0n,
      paidIn: this.#clearing.funded,
    };
  }

  hash(): string {
    return this.#hash.digest();
  }

  #run(input: ExchangeInput): CheckResult {
    switch (input.type) {
      case 'place':
        return this.#limited(input.order.id.subaccount, 1) ?? this.#engine.place(input.order);
      case 'cancel':
        return this.#limited(input.cancel.id.subaccount, 1) ?? this.#engine.cancel(input.cancel);
      case 'batchCancel':
        return this.#limited(input.batch.subaccount, 2) ?? this.#engine.batchCancel(input.batch);
      case 'fund':
        this.#fund(input.subaccount, input.quoteQuantums);
        break;
      case 'transaction':
      case 'fundWallet':
      case 'market':
      case 'oracleJump':
      case 'lateCancels':
      case 'missedMatches':
        return refuse(9000, 'unsupported input');
      case 'flow':
        this.#traders.act(input.timeMs);
        break;
      case 'block':
        this.#block(input.timeMs);
        break;
    }
    return ACCEPTED;
  }

  /**
   * A refusal if the address has sent too much; unknown addresses are refused later, and
   * uncounted.
   */
  #limited({ owner }: SubaccountId, weight: number): CheckResult | undefined {
    if (!this.#accountNumbers.has(owner) || this.#rateLimit.admits(owner, weight)) return undefined;
    return refuse(5001, `block rate limit exceeded by ${owner}`);
  }

  #fund(id: SubaccountId, quoteQuantums: bigint): void {
    const record = this.#record(this.#openAccount(id, quoteQuantums, false));
    record.isFunded = true;
    record.quoteQuantums += quoteQuantums;
    record.updatedAtHeight = this.#height;
    this.#outputs.push({
      type: 'subaccount',
      subaccount: id,
      positions: [],
      quoteQuantums: record.quoteQuantums,
      publisher: 'ender',
    });
  }

  #openAccount(id: SubaccountId, quoteQuantums: bigint, seeded: boolean): Account {
    const account = this.#clearing.open(id, seeded);
    this.#clearing.fund(account, quoteQuantums);
    if (!this.#accountNumbers.has(id.owner)) {
      this.#accountNumbers.set(id.owner, this.#accountNumbers.size);
      this.#engine.admit(id.owner);
    }
    return account;
  }

  /** Block times are strictly increasing, whatever the host's clock says. */
  #block(timeMs: number): void {
    this.#height += 1;
    this.#timeMs = Math.max(timeMs, this.#timeMs + 1);
    const block = { height: this.#height, timeMs: this.#timeMs };
    const matches = this.#matches;
    this.#matches = [];
    for (const output of this.#commit.run(block, matches)) this.#outputs.push(output);
    this.#engine.expire(this.#height);
    this.#rateLimit.advance();
    this.#outputs.push({ type: 'block', ...block });
  }

  #listener(): EngineListener {
    return {
      opened: (order) => {
        if (order.account.seeded) return;
        this.#tellOrder(this.#record(order.account).opened(order));
      },
      removed: (order, reason) => {
        if (!order.account.seeded) this.#removed(order, reason);
      },
      canceledElsewhere: (cancel) => this.#canceledElsewhere(cancel),
      level: (clobPairId, side, level) => {
        this.#outputs.push({ type: 'level', clobPairId, side, level });
      },
      matched: (match) => {
        this.#matches.push(match);
      },
    };
  }

  #removed(order: LiveOrder, reason: RemovalReason): void {
    const status = reason === 'EXPIRED' ? 'CANCELED' : 'BEST_EFFORT_CANCELED';
    const removed = this.#record(order.account).removed(order.key, status, reason);
    if (removed !== undefined) this.#tellOrder({ ...removed, totalFilled: order.filled });
  }

  /** The indexer reports every accepted cancel, except of orders whose end it has seen. */
  #canceledElsewhere({ id, goodTilBlock }: CancelOrder): void {
    const account = this.#clearing.open(id.subaccount);
    if (account.seeded) return;
    const key = orderKey(id);
    const record = this.#record(account);
    const known = record.order(key);
    if (known === undefined) {
      this.#tellOrder({ ...UNSEEN, id, goodTilBlock });
      return;
    }
    const filled = this.#engine.filled(key);
    if (filled >= known.quantums) return;
    const removed = record.removed(key, 'BEST_EFFORT_CANCELED', 'USER_CANCELED');
    if (removed !== undefined) this.#tellOrder({ ...removed, totalFilled: filled });
  }

  #tellOrder(order: ExchangeOrder): void {
    this.#outputs.push({ type: 'order', order, publisher: 'vulcan' });
  }

  #record(account: Account): SubaccountRecord {
    let record = this.#records.get(account.key);
    if (record === undefined) {
      record = new SubaccountRecord(account);
      this.#records.set(account.key, record);
    }
    return record;
  }

  #history(clobPairId: number): MarketHistory {
    const history = this.#histories.get(clobPairId);
    if (history === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return history;
  }
}

/** What is told of a canceled order that was never seen: its id and that it has no size. */
const UNSEEN = {
  side: 'BUY',
  quantums: 0n,
  subticks: 0n,
  goodTilBlockTime: 0,
  timeInForce: 'GTT',
  reduceOnly: false,
  clientMetadata: 0,
  status: 'BEST_EFFORT_CANCELED',
  totalFilled: 0n,
  removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
  createdAtHeight: undefined,
  updatedAtHeight: undefined,
  updatedAtMs: undefined,
} as const;

function marginOf(
  market: ExchangeOptions['markets'][number],
  prices: ExchangeOptions['oraclePricesE12'],
): MarginState {
  const oraclePriceE12 = prices.get(market.clobPairId);
  if (oraclePriceE12 === undefined || oraclePriceE12 <= 0n) {
    throw new RangeError(`expected an oracle price > 0 of ${market.ticker}, was ${oraclePriceE12}`);
  }
  return { market, oraclePriceE12, openInterest: 0n };
}
