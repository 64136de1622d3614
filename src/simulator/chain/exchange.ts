/**
 * The simulated exchange: a chain of one node that matches optimistically, commits what matched
 * block by block, and tells what an off-chain node and an on-chain indexer would publish.
 * Deterministic: equal options and inputs give equal outputs and hashes.
 */
import { ChainNode } from './chain-node.js';
import { orderKey } from './check-tx.js';
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
import type { ExchangeOptions } from '../exchange-options.js';
import type {
  ApplyResult,
  Exchange,
  ExchangeInput,
  ExchangeOrder,
  MarketView,
} from '../exchange-types.js';
import type { SubaccountId, VenueOrderId } from '../order-terms.js';
import type { MarketHistory } from './market-history.js';
import { RollingHash } from './rolling-hash.js';

export const createExchange = (options: ExchangeOptions): Exchange =>
  new SimulatedExchange(options);

class SimulatedExchange implements Exchange {
  readonly #node: ChainNode;
  readonly #hash = new RollingHash();

  constructor(options: ExchangeOptions) {
    this.#node = new ChainNode(options);
    this.#hash.mix(options.seed);
  }

  get height(): number {
    return this.#node.height;
  }

  get timeMs(): number {
    return this.#node.timeMs;
  }

  apply(input: ExchangeInput): ApplyResult {
    const result = this.#node.apply(input);
    this.#hash.mix(input);
    this.#hash.mix(result.check.code);
    this.#hash.mix(result.outputs);
    return result;
  }

  markets(): readonly MarketView[] {
    return this.#node.margins.map((state) => {
      const { market, oraclePriceE12, openInterest, fundingIndex } = state;
      return {
        market,
        oraclePriceE12,
        openInterest,
        fundingIndex,
        nextFundingRate1hE12: this.#node.funding.nextRate1hE12(state),
        ...this.#history(market.clobPairId).statistics(this.#node.timeMs, oraclePriceE12),
      };
    });
  }

  book(clobPairId: number, depth: number): ReturnType<Exchange['book']> {
    const book = this.#node.engine.book(clobPairId);
    return { bids: book.levels('BUY', depth), asks: book.levels('SELL', depth) };
  }

  subaccount(id: SubaccountId): ReturnType<Exchange['subaccount']> {
    const record = this.#node.records.find(id);
    return record?.isFunded === true ? record.view() : undefined;
  }

  accountNumber(owner: string): number | undefined {
    return this.#node.accountNumbers.get(owner);
  }

  order(id: VenueOrderId): ExchangeOrder | undefined {
    return this.#node.records.find(id.subaccount)?.order(orderKey(id));
  }

  orders(id: SubaccountId): readonly ExchangeOrder[] {
    return this.#node.records.find(id)?.orders() ?? [];
  }

  fills(id: SubaccountId): ReturnType<Exchange['fills']> {
    return this.#node.records.find(id)?.fills.newestFirst() ?? [];
  }

  trades(clobPairId: number): ReturnType<Exchange['trades']> {
    return this.#history(clobPairId).trades();
  }

  candles(clobPairId: number, resolution: string): ReturnType<Exchange['candles']> {
    return this.#history(clobPairId).candles(resolution);
  }

  closedPositions(id: SubaccountId): ReturnType<Exchange['closedPositions']> {
    return this.#node.records.find(id)?.closedPositions.newestFirst() ?? [];
  }

  wallet(address: string): Wallet {
    return this.#node.clearing.wallets.of(address);
  }

  transfers(id: SubaccountId): readonly ExchangeTransfer[] {
    return this.#node.records.find(id)?.transfers.newestFirst() ?? [];
  }

  fundingPayments(id: SubaccountId): readonly FundingPayment[] {
    return this.#node.records.find(id)?.fundingPayments.newestFirst() ?? [];
  }

  fundingHistory(clobPairId: number): readonly FundingTick[] {
    return this.#node.funding.history(clobPairId);
  }

  pnlTicks(id: SubaccountId): readonly PnlTick[] {
    return this.#node.records.find(id)?.pnlTicks.newestFirst() ?? [];
  }

  feeTiers(): readonly FeeTier[] {
    return this.#node.clearing.fees.tiers;
  }

  feeTierOf(owner: string): FeeTier {
    return this.#node.clearing.fees.tier(this.volume30d(owner));
  }

  volume30d(owner: string): bigint {
    return this.#node.clearing.volume30d(owner);
  }

  limits(): ChainLimits {
    return this.#node.limits;
  }

  leverage(id: SubaccountId): ReadonlyMap<number, number> {
    return this.#node.clearing.account(id)?.leverage ?? new Map();
  }

  totals(): MoneyTotals {
    return this.#node.clearing.totals();
  }

  hash(): string {
    return this.#hash.digest();
  }

  #history(clobPairId: number): MarketHistory {
    const history = this.#node.histories.get(clobPairId);
    if (history === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return history;
  }
}
