/**
 * The simulated exchange: a chain of one node that matches optimistically, commits what matched
 * block by block, and tells what an off-chain node and an on-chain indexer would publish.
 * Deterministic: equal options and inputs give equal outputs and hashes.
 */
import { BlockCommit } from './block-commit.js';
import { BlockRateLimit } from './block-rate-limit.js';
import { BLOCK_END, eventIds, type BlockStep } from './block-steps.js';
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
import { Clearing, type Account, type MarginState } from './clearing.js';
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
import type { SubaccountId, VenueOrderId } from '../order-terms.js';
import { MarketChanges } from './market-changes.js';
import { MarketHistory } from './market-history.js';
import { MatchingEngine } from './matching-engine.js';
import { OrderPublisher } from './order-publisher.js';
import { PendingTransactions } from './pending-transactions.js';
import { SeededTraders } from '../flow/seeded-traders.js';
import { RollingHash } from './rolling-hash.js';
import { SubaccountRecords } from './subaccount-records.js';
import { SubaccountTransfers } from './subaccount-transfers.js';

export const createExchange = (options: ExchangeOptions): Exchange =>
  new SimulatedExchange(options);

class SimulatedExchange implements Exchange {
  readonly #margins: readonly MarginState[];
  readonly #clearing: Clearing;
  readonly #engine: MatchingEngine;
  readonly #publisher: OrderPublisher;
  readonly #traders: SeededTraders;
  readonly #transactions: PendingTransactions;
  readonly #changes: MarketChanges;
  readonly #steps: readonly BlockStep[];
  readonly #records = new SubaccountRecords();
  readonly #accountNumbers = new Map<string, number>();
  readonly #histories = new Map<number, MarketHistory>();
  readonly #rateLimit = new BlockRateLimit();
  readonly #hash = new RollingHash();
  #outputs: ExchangeOutput[] = [];
  #height: number;
  #timeMs: number;

  constructor(options: ExchangeOptions) {
    this.#height = options.startHeight;
    this.#timeMs = options.startTimeMs;
    this.#margins = options.markets.map((market) => marginOf(market, options.oraclePricesE12));
    this.#clearing = new Clearing({ ...options, margins: this.#margins });
    this.#publisher = new OrderPublisher({
      clearing: this.#clearing,
      records: this.#records,
      emit: (output) => this.#emit(output),
      filled: (key) => this.#engine.filled(key),
    });
    this.#engine = new MatchingEngine({
      clearing: this.#clearing,
      margins: this.#margins,
      nextHeight: this.#height + 1,
      listener: this.#publisher,
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
    this.#transactions = new PendingTransactions({
      money: new SubaccountTransfers(this.#clearing, (account) => this.#records.of(account)),
      orders: NO_STATEFUL_ORDERS,
      admit: () => undefined,
    });
    this.#changes = new MarketChanges(this.#clearing, () => undefined);
    this.#steps = this.#blockSteps();
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
    const record = this.#records.find(id);
    return record?.isFunded === true ? record.view(this.#clearing) : undefined;
  }

  accountNumber(owner: string): number | undefined {
    return this.#accountNumbers.get(owner);
  }

  order(id: VenueOrderId): ExchangeOrder | undefined {
    return this.#records.find(id.subaccount)?.order(orderKey(id));
  }

  orders(id: SubaccountId): readonly ExchangeOrder[] {
    return this.#records.find(id)?.orders() ?? [];
  }

  fills(id: SubaccountId): ReturnType<Exchange['fills']> {
    return this.#records.find(id)?.fills.newestFirst() ?? [];
  }

  trades(clobPairId: number): ReturnType<Exchange['trades']> {
    return this.#history(clobPairId).trades();
  }

  candles(clobPairId: number, resolution: string): ReturnType<Exchange['candles']> {
    return this.#history(clobPairId).candles(resolution);
  }

  closedPositions(id: SubaccountId): ReturnType<Exchange['closedPositions']> {
    return this.#records.find(id)?.closedPositions.newestFirst() ?? [];
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
        return this.#transactions.accept(input.transaction);
      case 'market':
      case 'oracleJump':
        this.#changes.ask(input);
        break;
      case 'fundWallet':
      case 'lateCancels':
      case 'missedMatches':
      case 'recorded':
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
    const record = this.#records.of(this.#openAccount(id, quoteQuantums, false));
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

  /** In the order in which a block happens; liquidations and funding belong at its end. */
  #blockSteps(): readonly BlockStep[] {
    const commit = new BlockCommit({
      margins: this.#margins,
      engine: this.#engine,
      histories: this.#histories,
      record: (account) => this.#records.of(account),
    });
    return [
      (block) => commit.operations(block, this.#publisher.takeMatches()),
      (block) => this.#transactions.run(block),
      (block) => this.#changes.apply(block),
      (block) => commit.moveOracles(block),
      ({ height }) => this.#engine.expire(height),
      () => this.#rateLimit.advance(),
    ];
  }

  /** Block times are strictly increasing, whatever the host's clock says. */
  #block(timeMs: number): void {
    this.#height += 1;
    this.#timeMs = Math.max(timeMs, this.#timeMs + 1);
    const block = { height: this.#height, timeMs: this.#timeMs };
    const nextEventId = eventIds(this.#height, BLOCK_END);
    const emit = (output: ExchangeOutput): void => this.#emit(output);
    for (const step of this.#steps) step({ ...block, nextEventId, emit });
    this.#emit({ type: 'block', ...block });
  }

  #emit(output: ExchangeOutput): void {
    this.#outputs.push(output);
  }

  #history(clobPairId: number): MarketHistory {
    const history = this.#histories.get(clobPairId);
    if (history === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return history;
  }
}

const NO_STATEFUL_ORDERS = {
  check: () => refuse(9000, 'stateful orders are not supported by this exchange'),
  execute: () => refuse(9000, 'stateful orders are not supported by this exchange'),
};

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
