/**
 * The chain's limits in the running service: read with every reconciliation, counted with every
 * send, asked before each. It refuses; it sends nothing.
 */
import type { MarketView } from '../model/book.js';
import type { MarketSpec } from '../model/market.js';
import type { CancelRequest, Denial, OrderRequest } from '../model/order.js';
import type { BlockHeight, Usd } from '../model/quantities.js';
import type { LimitUsage, VenueLimits } from '../model/venue-limits.js';
import { customOf, sameMarginPpm, withMarginPpm } from '../risk/custom-margin.js';
import {
  refuseSend,
  SendBudget,
  sendKindOf,
  tierUsage,
  type OpenStateful,
  type SendKind,
} from '../risk/send-budget.js';
import type { RiskContext } from '../risk/risk-context.js';
import type { HeightWatch } from './heights.js';
import type { OrderTable } from './order-table.js';

export interface LimitDeskOptions {
  readonly heights: Pick<HeightWatch, 'best'>;
  readonly orders: Pick<OrderTable, 'live'>;
}

/** A message of several cancels counts so often. */
const BATCH_WEIGHT = 2;
const KINDS: readonly SendKind[] = ['short-term', 'stateful'];

export class LimitDesk {
  readonly #options: LimitDeskOptions;
  readonly #budget = new SendBudget();
  #equity: Usd | undefined;

  constructor(options: LimitDeskOptions) {
    this.#options = options;
  }

  learn(limits: VenueLimits): void {
    this.#budget.learn(limits);
  }

  /** Net collateral, by which the chain grants open stateful orders. */
  account(equity: Usd | undefined): void {
    this.#equity = equity;
  }

  /** Of an earlier run: the chain may still count it. */
  carry(request: OrderRequest): void {
    this.#budget.carry(sendKindOf(request));
  }

  sends(kind: SendKind): readonly LimitUsage[] | undefined {
    const height = this.#height();
    return height === undefined ? undefined : this.#budget.usage(kind, height);
  }

  stateful(): OpenStateful {
    const live = this.#options.orders.live();
    const open = live.filter(({ request }) => sendKindOf(request) === 'stateful').length;
    return { open, equity: this.#equity, tiers: this.#budget.limits?.equityTiers };
  }

  /** What the pre-trade checks look at. */
  context(): Pick<RiskContext, 'sends' | 'stateful'> {
    return { sends: (kind) => this.sends(kind), stateful: this.stateful() };
  }

  placed(request: OrderRequest): void {
    const height = this.#height();
    if (height !== undefined) this.#budget.record(sendKindOf(request), height);
  }

  /** In place: another message. Stateful orders are never replaced in place. */
  replaced(request: OrderRequest | undefined): void {
    if (request !== undefined && sendKindOf(request) === 'short-term') this.placed(request);
  }

  /** Counts the message, unless it is refused. Cancels of stateful orders are not limited. */
  cancel(requests: readonly CancelRequest[]): Denial | undefined {
    const height = this.#height();
    const isLimited = requests.some((request) => sendKindOf(request) === 'short-term');
    if (!isLimited || height === undefined) return undefined;
    const weight = requests.length > 1 ? BATCH_WEIGHT : 1;
    const denial = refuseSend(this.sends('short-term'), 'cancel', weight);
    if (denial === undefined) this.#budget.record('short-term', height, weight);
    return denial;
  }

  /** Initial margin that the account has asked for, ppm of the notional. */
  askedPpm(spec: MarketSpec): number {
    return customOf(spec, this.#budget.limits?.marginPpm ?? []);
  }

  /** The market as margin sees it: an account may have asked for less leverage. */
  spec(spec: MarketSpec): MarketSpec {
    return withMarginPpm(spec, this.#budget.limits?.marginPpm ?? []);
  }

  view(view: MarketView | undefined): MarketView | undefined {
    const custom = this.#budget.limits?.marginPpm ?? [];
    if (view === undefined || sameMarginPpm(view.spec, custom)) return view;
    return { ...view, spec: withMarginPpm(view.spec, custom) };
  }

  /** For the operator: every limit, and how far it is used. */
  usages(): readonly LimitUsage[] {
    const tier = tierUsage(this.stateful());
    return [...KINDS.flatMap((kind) => this.sends(kind) ?? []), ...(tier ? [tier] : [])];
  }

  #height(): BlockHeight | undefined {
    return this.#options.heights.best();
  }
}
