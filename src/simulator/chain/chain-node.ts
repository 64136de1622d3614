/**
 * The chain of one node: it takes inputs, matches optimistically, commits block by block, and tells
 * what the two publishers would tell. Queries look at its parts.
 */
import type { Random } from '../../ports/random.js';
import { BlockCommit } from './block-commit.js';
import { DEFAULT_LIMITS } from './chain-limits.js';
import { BLOCK_END, eventIds, type BlockStep } from './block-steps.js';
import type { ChainLimits } from '../chain-messages.js';
import type { Account } from './clearing-account.js';
import { Clearing } from './clearing.js';
import { exchangeRandom } from './exchange-random.js';
import type { ExchangeOptions } from '../exchange-options.js';
import type { ApplyResult, CheckResult, ExchangeInput, ExchangeOutput } from '../exchange-types.js';
import { FeeSchedule } from './fee-schedule.js';
import { FundingClock } from './funding-clock.js';
import { Liquidations } from './liquidations.js';
import type { MarginState } from './margin.js';
import type { SubaccountId } from '../order-terms.js';
import { MarketChanges, type ChangedMarket } from './market-changes.js';
import { MarketHistory } from './market-history.js';
import { MatchingEngine } from './matching-engine.js';
import { MessageAdmission } from './message-admission.js';
import { Mishaps } from './mishaps.js';
import { MoneyTransfers } from './money-transfers.js';
import { OrderPublisher } from './order-publisher.js';
import { PendingTransactions } from './pending-transactions.js';
import { RecordedBooks } from '../flow/recorded-books.js';
import { SeededTraders } from '../flow/seeded-traders.js';
import { StatefulOrders } from './stateful-orders.js';
import { SubaccountRecords } from './subaccount-records.js';
import { ACCEPTED } from './validate-basic.js';
import { WithdrawalGate } from './withdrawal-gate.js';

export class ChainNode {
  readonly margins: readonly MarginState[];
  readonly clearing: Clearing;
  readonly engine: MatchingEngine;
  readonly #publisher: OrderPublisher;
  readonly #stateful: StatefulOrders;
  readonly #admission: MessageAdmission;
  readonly limits: ChainLimits;
  readonly #traders: SeededTraders;
  readonly #recorded: RecordedBooks;
  readonly #transactions: PendingTransactions;
  readonly #changes: MarketChanges;
  readonly #steps: readonly BlockStep[];
  readonly records: SubaccountRecords;
  readonly #gate = new WithdrawalGate();
  readonly funding: FundingClock;
  readonly accountNumbers = new Map<string, number>();
  readonly histories = new Map<number, MarketHistory>();
  readonly #mishaps = new Mishaps();
  #outputs: ExchangeOutput[] = [];
  height: number;
  timeMs: number;

  constructor(options: ExchangeOptions) {
    this.height = options.startHeight;
    this.timeMs = options.startTimeMs;
    this.margins = options.markets.map((market) => marginOf(market, options.oraclePricesE12));
    this.clearing = new Clearing({
      margins: this.margins,
      fees: new FeeSchedule(options),
      startTimeMs: options.startTimeMs,
      accountsMax: options.subaccountsMax,
    });
    this.records = new SubaccountRecords(this.clearing.margins);
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.#admission = this.#door();
    this.#publisher = new OrderPublisher({
      clearing: this.clearing,
      records: this.records,
      emit: (output) => this.#emit(output),
      filled: (key) => this.engine.filled(key),
      dropped: (order, reason) => this.#stateful.dropped(order, reason),
      remember: (match) => this.engine.remember(match),
    });
    this.engine = new MatchingEngine({
      clearing: this.clearing,
      margins: this.margins,
      nextHeight: this.height + 1,
      listener: this.#publisher,
    });
    this.#stateful = new StatefulOrders({
      clearing: this.clearing,
      matcher: this.engine.matcher,
      markets: this.engine,
      records: this.records,
      equityTiers: this.limits.equityTiers,
      startTimeMs: options.startTimeMs,
    });
    for (const { clobPairId } of options.markets) {
      this.histories.set(clobPairId, new MarketHistory(clobPairId));
    }
    this.#traders = this.#seededTraders(options);
    this.#recorded = new RecordedBooks({
      engine: this.engine,
      fund: (id, quoteQuantums) => this.#openAccount(id, quoteQuantums, true),
      level: (clobPairId, side, level) => this.#publisher.level(clobPairId, side, level),
    });
    this.#transactions = new PendingTransactions({
      money: new MoneyTransfers({
        clearing: this.clearing,
        gate: this.#gate,
        record: (account) => this.records.of(account),
        admit: (owner) => this.#admit(owner),
      }),
      orders: this.#stateful,
      admit: (message) => this.#admission.inTransaction(message),
    });
    this.funding = new FundingClock({
      margins: this.clearing.margins,
      states: this.margins,
      book: (clobPairId) => this.engine.book(clobPairId),
      records: () => this.records.all(),
      startTimeMs: options.startTimeMs,
    });
    this.#changes = new MarketChanges(this.clearing, (change) => this.#changedMarket(change));
    this.#steps = this.#blockSteps(exchangeRandom(options.seed));
  }

  #seededTraders(options: ExchangeOptions): SeededTraders {
    return new SeededTraders({
      engine: this.engine,
      margins: this.margins,
      preset: options.preset,
      random: exchangeRandom(options.seed).fork('flow'),
      startTimeMs: options.startTimeMs,
      fund: (id, quoteQuantums) => this.#openAccount(id, quoteQuantums, true),
    });
  }

  #door(): MessageAdmission {
    return new MessageAdmission(this.limits, {
      hasAccount: (owner) => this.accountNumbers.has(owner),
      hasRoom: (subaccount) => this.clearing.hasRoom(subaccount),
    });
  }

  /** Applies an input; answers the check's result and everything that was told. */
  apply(input: ExchangeInput): ApplyResult {
    this.#outputs = [];
    const check = this.#run(input);
    return { check, outputs: this.#outputs };
  }

  #run(input: ExchangeInput): CheckResult {
    switch (input.type) {
      case 'place':
        return this.#admission.place(input.order) ?? this.#mishaps.place(this.engine, input.order);
      case 'cancel':
        return (
          this.#admission.cancel(input.cancel) ?? this.#mishaps.cancel(this.engine, input.cancel)
        );
      case 'batchCancel':
        return this.#admission.batchCancel(input.batch) ?? this.engine.batchCancel(input.batch);
      case 'fund':
        this.#fund(input.subaccount, input.quoteQuantums);
        break;
      case 'transaction':
        return this.#transactions.accept(input.transaction);
      case 'oracleJump':
        this.#changes.ask(input);
        this.#traders.jump(input.clobPairId, input.ratioPpm / 1_000_000);
        break;
      case 'market':
        this.#changes.ask(input);
        break;
      case 'fundWallet':
        this.#fundWallet(input);
        break;
      case 'lateCancels':
      case 'missedMatches':
        this.#mishaps.ask(input);
        break;
      case 'recorded':
        this.#recorded.apply(input.moment);
        break;
      case 'flow':
        this.#traders.act(input.timeMs);
        break;
      case 'block':
        this.#block(input.timeMs);
        break;
    }
    return ACCEPTED;
  }

  #fund(id: SubaccountId, quoteQuantums: bigint): void {
    const record = this.records.of(this.#openAccount(id, quoteQuantums, false));
    this.#emit({
      type: 'subaccount',
      subaccount: id,
      positions: record.transferred(quoteQuantums, this.height),
      quoteQuantums: record.quoteQuantums,
      publisher: 'ender',
    });
  }

  /** Throws if nothing is given, or no further wallet can be opened: the operator's mistake. */
  #fundWallet({ address, denom, amount }: FundWallet): void {
    if (amount <= 0n || !this.clearing.wallets.add(address, denom, amount)) {
      throw new RangeError(`expected funds > 0 and room for a wallet, was ${amount}`);
    }
    if (denom === 'usdc') this.clearing.treasury.payIn(amount);
    this.#admit(address);
  }

  #openAccount(id: SubaccountId, quoteQuantums: bigint, seeded: boolean): Account {
    const account = this.clearing.open(id, seeded);
    this.clearing.fund(account, quoteQuantums);
    this.#admit(id.owner);
    return account;
  }

  /** The address may send from now on; answers how to take that back. */
  #admit(owner: string): () => void {
    if (this.accountNumbers.has(owner)) return () => {};
    this.accountNumbers.set(owner, this.accountNumbers.size);
    return () => {
      this.accountNumbers.delete(owner);
    };
  }

  /** In the order in which a block happens; liquidations and funding belong at its end. */
  #blockSteps(random: Random): readonly BlockStep[] {
    const commit = new BlockCommit({
      margins: this.margins,
      engine: this.engine,
      histories: this.histories,
      record: (account) => this.records.of(account),
      toldPriceE12: (clobPairId) => this.#recorded.oraclePriceE12(clobPairId),
    });
    const liquidations = new Liquidations({
      clearing: this.clearing,
      states: this.margins,
      books: this.engine.matcher,
      matched: (match) => this.#publisher.matched(match),
      gate: this.#gate,
      random: random.fork('deleveraging'),
    });
    return [
      ({ timeMs }) => this.clearing.advance(timeMs),
      (block) => {
        const matches = this.#publisher.takeMatches();
        commit.operations(block, matches);
        this.#stateful.commit(block, matches);
      },
      (block) => this.funding.tick(block),
      (block) => this.#transactions.run(block),
      (block) => this.#changes.apply(block),
      (block) => commit.moveOracles(block),
      (block) => this.funding.vote(block),
      (block) => this.#stateful.endBlock(block),
      ({ height }) => this.engine.expire(height),
      () => this.#stateful.enterBooks(),
      (block) => liquidations.run(block),
      () => this.#admission.advance(),
    ];
  }

  #changedMarket({ before, after, block }: ChangedMarket): void {
    if (after.status !== 'FINAL_SETTLEMENT' || before.status === after.status) return;
    this.#stateful.settleMarket(after.clobPairId, block);
    for (const order of this.engine.book(after.clobPairId).orders()) {
      this.engine.matcher.remove(order, 'FINAL_SETTLEMENT');
    }
  }

  /** Block times are strictly increasing, whatever the host's clock says. */
  #block(timeMs: number): void {
    this.height += 1;
    this.timeMs = Math.max(timeMs, this.timeMs + 1);
    const block = { height: this.height, timeMs: this.timeMs };
    const nextEventId = eventIds(this.height, BLOCK_END);
    const emit = (output: ExchangeOutput): void => this.#emit(output);
    for (const step of this.#steps) step({ ...block, nextEventId, emit });
    this.#emit({ type: 'block', ...block });
  }

  #emit(output: ExchangeOutput): void {
    this.#outputs.push(output);
    if (output.type === 'transfer') this.records.remember(output.transfer);
  }
}

type FundWallet = Extract<ExchangeInput, { readonly type: 'fundWallet' }>;

function marginOf(
  market: ExchangeOptions['markets'][number],
  prices: ExchangeOptions['oraclePricesE12'],
): MarginState {
  const oraclePriceE12 = prices.get(market.clobPairId);
  if (oraclePriceE12 === undefined || oraclePriceE12 <= 0n) {
    throw new RangeError(`expected an oracle price > 0 of ${market.ticker}, was ${oraclePriceE12}`);
  }
  return { market, oraclePriceE12, openInterest: 0n, fundingIndex: 0n };
}
