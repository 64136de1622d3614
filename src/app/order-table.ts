/**
 * Every order that this process answers for, by its id: what was asked, where it stands, what is
 * filled. It feeds exposure, ownership of fills, sweeps and the operator's view; it decides
 * nothing. Ended orders are kept for late words about them, the newest `ENDED_KEPT`.
 */
import type { OrderReport } from '../model/facts.js';
import type { OrderEnd, OrderRequest } from '../model/order.js';
import { size, type BlockHeight, type OrderId, type Size } from '../model/quantities.js';
import type { SendAnswer } from '../ports/venue.js';

const ENDED_KEPT = 2_000;

export interface OrderRecord {
  readonly request: OrderRequest;
  readonly state: string;
  readonly live: boolean;
  readonly filled: Size;
  /** Height of its newest fill that this process booked. */
  readonly filledAt: BlockHeight | undefined;
  readonly reason: string | undefined;
  readonly answer: SendAnswer | undefined;
  readonly end: OrderEnd | undefined;
}

export class OrderTable {
  readonly #live = new Map<OrderId, OrderRecord>();
  readonly #ended = new Map<OrderId, OrderRecord>();
  readonly #intents = new Set<string>();
  readonly #counts = new Map<OrderEnd, number>();

  /** Registered before anything of it leaves. */
  register(request: OrderRequest, filled: Size = size(0n)): void {
    this.#intents.add(request.intentId);
    this.#live.set(request.orderId, {
      request,
      state: 'registered',
      live: true,
      filled,
      filledAt: undefined,
      reason: undefined,
      answer: undefined,
      end: undefined,
    });
  }

  /** An order of an earlier run that has ended: only its name is needed. */
  remember(request: OrderRequest, end: OrderEnd, filled: Size): void {
    this.register(request, filled);
    this.#close(request.orderId, end, filled, undefined);
  }

  answered(orderId: OrderId, answer: SendAnswer): void {
    this.#change(orderId, { answer });
  }

  /** A fill of it was booked. */
  noteFill(orderId: OrderId, height: BlockHeight): void {
    const { filledAt = height } = this.get(orderId) ?? {};
    this.#change(orderId, { filledAt: height > filledAt ? height : filledAt });
  }

  /** A fill of an order without a machine: of an earlier run, or retired. */
  fillUnheard(orderId: OrderId, filled: Size): void {
    const before = this.get(orderId)?.filled ?? size(0n);
    this.#change(orderId, { filled: size(before + filled) });
  }

  report(report: OrderReport): void {
    switch (report.type) {
      case 'order.changed':
        this.#change(report.orderId, {
          state: report.state,
          filled: report.filled,
          reason: report.reason,
        });
        return;
      case 'order.ended':
        this.#count(report.end);
        this.#close(report.orderId, report.end, report.filled, report.reason);
        return;
      case 'order.lateFill':
        this.#change(report.orderId, { filled: report.filled });
        return;
      case 'order.terms':
        this.#change(report.orderId, { request: report.request });
        return;
      case 'order.sweepNeeded':
      case 'order.successorDue':
      case 'order.anomaly':
        return;
    }
  }

  get(orderId: OrderId): OrderRecord | undefined {
    return this.#live.get(orderId) ?? this.#ended.get(orderId);
  }

  isKnownIntent(intentId: string): boolean {
    return this.#intents.has(intentId);
  }

  /** Orders that may still fill: they count at their full remaining size. */
  live(): readonly OrderRecord[] {
    return [...this.#live.values()];
  }

  /** Newest last. */
  all(): readonly OrderRecord[] {
    return [...this.#ended.values(), ...this.#live.values()];
  }

  goodTilBlocks(): readonly BlockHeight[] {
    return this.live().map(({ request }) => request.goodTilBlock);
  }

  /** Orders on chain that work, as far as we know. */
  onChain(): readonly OrderId[] {
    return this.live()
      .filter(({ request, state }) => request.stateful !== undefined && state.startsWith('working'))
      .map(({ request }) => request.orderId);
  }

  /** Orders of this run by how they ended, and those that have not. */
  counts(): Readonly<Record<string, number>> {
    return { ...Object.fromEntries(this.#counts), live: this.#live.size };
  }

  #count(end: OrderEnd): void {
    this.#counts.set(end, (this.#counts.get(end) ?? 0) + 1);
  }

  #change(orderId: OrderId, change: Partial<OrderRecord>): void {
    for (const orders of [this.#live, this.#ended]) {
      const record = orders.get(orderId);
      if (record !== undefined) orders.set(orderId, { ...record, ...change });
    }
  }

  #close(orderId: OrderId, end: OrderEnd, filled: Size, reason: string | undefined): void {
    const record = this.#live.get(orderId) ?? this.#ended.get(orderId);
    if (record === undefined) return;
    this.#live.delete(orderId);
    this.#ended.set(orderId, {
      ...record,
      state: `closed.${end}`,
      live: false,
      end,
      filled,
      reason: reason ?? record.reason,
    });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > ENDED_KEPT && oldest !== undefined) {
      this.#intents.delete(this.#ended.get(oldest)?.request.intentId ?? '');
      this.#ended.delete(oldest);
    }
  }
}
