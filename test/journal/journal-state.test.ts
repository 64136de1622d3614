/** What a restart reads out of the journal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLive,
  JournalLedger,
  recoverState,
  type RecoveredState,
} from '../../src/journal/journal-state.js';
import { blockHeight, clientId, signedSize, size, usd } from '../../src/model/quantities.js';
import { NO_BLOCK } from '../../src/model/stateful-order.js';
import { OVERLAP_BLOCKS } from '../../src/model/sweep-overlap.js';
import type { Breach } from '../../src/model/risk.js';
import { CashLedger } from '../../src/portfolio/cash-ledger.js';
import type { JournalEntry } from '../../src/ports/journal.js';
import { aFill, aFillId, anOrderId, aRequest, BTC, ETH, NOW } from '../support/money-samples.js';

const recover = (...entries: readonly JournalEntry[]): RecoveredState =>
  recoverState(entries.map((entry, index) => ({ sequence: index + 1, at: NOW, input: 0, entry })));

/** Balance, funding of each market, and how many hours were counted. */
function cashOf({ moneyEntries }: RecoveredState): unknown {
  const cash = new CashLedger();
  for (const entry of moneyEntries) {
    if (entry.type === 'balance.opening') cash.open(entry.opening);
    else if (entry.type === 'funding') cash.fund(entry.payment);
    else if (entry.type === 'balance.adjustment') cash.adjust(entry.adjustment);
  }
  return [cash.balance(usd(0n)), cash.fundingOf(BTC), cash.fundingOf(ETH), cash.payments];
}

const intent: JournalEntry = { type: 'order.intent', request: aRequest };
const fill: JournalEntry = { type: 'fill', fill: aFill, strategy: 'sniper' };
const ended: JournalEntry = {
  type: 'order.end',
  orderId: aRequest.orderId,
  end: 'canceled',
  filled: 0n,
};
const breach: Breach = {
  cause: 'drawdown',
  severity: 'halt',
  latched: true,
  evidence: 'lost 12 USD',
  at: NOW,
};

describe('a journal that is read back', () => {
  it('is empty when there was nothing', () => {
    expect(recover()).toEqual({
      epoch: 0,
      orders: [],
      knownFills: [],
      bookEntries: [],
      positions: [],
      moneyEntries: [],
      latched: [],
      paused: [],
      completeTo: 0,
      openedAt: 0,
      claims: [],
    });
  });

  it('knows the newest run', () => {
    const run = (epoch: number): JournalEntry => ({ type: 'run', epoch, version: '0.1.0' });
    expect(recover(run(1), run(2)).epoch).toBe(2);
  });

  it('keeps an order without an answer alive: its bytes may have left', () => {
    const { orders } = recover(intent);
    expect(orders.filter(isLive)).toMatchObject([{ answer: undefined, filled: 0n, fillIds: [] }]);
  });

  it('counts the wider terms of an order that was replaced, and keeps its fills', () => {
    const { goodTilBlock, price: old, size: whole } = aRequest;
    const later = blockHeight(goodTilBlock + 10);
    const smaller = { ...aRequest, size: size(whole / 2n), goodTilBlock: later };
    const { orders } = recover(intent, fill, { type: 'order.intent', request: smaller });
    expect(orders).toMatchObject([
      { request: { size: whole, price: old, goodTilBlock: later }, filled: aFill.size },
    ]);
  });

  it('keeps what was answered, filled and asked to be canceled with its order', () => {
    const answer = { type: 'unknown', reason: 'timeout' } as const;
    const cancel = {
      orderId: aRequest.orderId,
      clientId: aRequest.clientId,
      market: BTC,
      goodTilBlock: blockHeight(110),
    };
    const state = recover(
      intent,
      { type: 'order.sent', orderId: aRequest.orderId, answer },
      { type: 'cancel.intent', request: cancel },
      fill,
    );
    expect(state.orders).toEqual([
      {
        request: aRequest,
        answer,
        cancel,
        fillIds: [aFill.fillId],
        filled: aFill.size,
        end: undefined,
      },
    ]);
  });

  it('counts a fill that was written twice once', () => {
    const state = recover(intent, fill, fill);
    expect(state.bookEntries).toEqual([fill]);
    expect(state.positions).toEqual([{ market: BTC, size: aFill.size }]);
  });

  it('ignores what is said of an order that it does not know', () => {
    expect(recover(ended, fill).orders).toEqual([]);
  });

  it('keeps an ended order while fills of it may still come, and forgets it after a sweep', () => {
    const sweep = (height: number): JournalEntry => ({
      type: 'sweep',
      completeTo: blockHeight(height),
    });
    const last = aRequest.goodTilBlock + OVERLAP_BLOCKS;
    const before = recover(intent, ended, sweep(last));
    expect(before.orders.map(({ end }) => end)).toEqual(['canceled']);
    const after = recover(intent, ended, sweep(last + 1), sweep(1));
    expect(after.orders).toEqual([]);
    expect(after.completeTo).toBe(last + 1);
    expect(recover(intent, sweep(1000)).orders.filter(isLive)).toHaveLength(1);
  });

  it('forgets an order on chain an hour of blocks after its end, through checkpoints', () => {
    const stateful = { kind: 'longTerm', goodTilTime: NOW, includeBy: NOW } as const;
    const request = { ...aRequest, goodTilBlock: NO_BLOCK, stateful };
    const ledger = new JournalLedger();
    const sweep = (completeTo: number): void =>
      ledger.apply({ type: 'sweep', completeTo: blockHeight(completeTo) });
    sweep(1_000);
    ledger.apply({ type: 'order.intent', request });
    sweep(90_000);
    expect(ledger.state().orders).toHaveLength(1);
    ledger.apply(ended);
    const state = ledger.checkpoint({ positions: [], owned: [] });
    ledger.apply({ type: 'checkpoint', state });
    sweep(95_000);
    expect(ledger.state().orders).toMatchObject([{ end: 'canceled', endedAt: 90_000 }]);
    sweep(95_001 + OVERLAP_BLOCKS);
    expect(ledger.state().orders).toEqual([]);
  });

  it('repeats the funding of a market as one payment, with which the balance is the same', () => {
    const hour = fc.record({
      market: fc.constantFrom(BTC, ETH),
      payment: fc.bigInt({ min: -1_000n, max: 1_000n }).map((value) => usd(value)),
      isAdjusted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(hour, { maxLength: 30 }), (hours) => {
        const opening = { usdc: usd(1_000_000n), height: blockHeight(1), at: NOW };
        const entries = hours.flatMap(({ market, payment, isAdjusted }, index): JournalEntry[] => {
          const height = blockHeight(10 + index);
          const adjustment = { amount: usd(7n), height };
          return [
            { type: 'funding', payment: { market, height, at: NOW, payment } },
            ...(isAdjusted ? [{ type: 'balance.adjustment', adjustment } as const] : []),
          ];
        });
        const all: JournalEntry[] = [{ type: 'balance.opening', opening }, ...entries];
        const ledger = new JournalLedger();
        for (const entry of all) ledger.apply(entry);
        const state = ledger.checkpoint({ positions: [], owned: [] });
        const repeated = state.entries.filter(({ type }) => type === 'funding');
        expect(repeated.length).toBeLessThanOrEqual(2);
        expect(cashOf(recover({ type: 'checkpoint', state }))).toEqual(cashOf(recover(...all)));
      }),
    );
  });

  it('remembers where the books were opened and who it was, through checkpoints', () => {
    const run = (epoch: number): JournalEntry => ({
      type: 'run',
      epoch,
      version: '0.1.0',
      claim: clientId(epoch * 2 ** 20 + 2 ** 20 - 1),
    });
    const sweep = (height: number): JournalEntry => ({
      type: 'sweep',
      completeTo: blockHeight(height),
    });
    const ledger = new JournalLedger();
    for (const entry of [run(1), sweep(70), sweep(90), run(2)]) ledger.apply(entry);
    const checkpoint = ledger.checkpoint({ positions: [], owned: [] });
    const after = recover({ type: 'checkpoint', state: checkpoint }, sweep(99), run(3));
    expect(after.openedAt).toBe(70);
    expect(after.claims.map((claim) => Math.floor(claim / 2 ** 20))).toEqual([1, 2, 3]);
  });

  it('remembers which strategies are paused, through checkpoints', () => {
    const command = (type: 'pause' | 'unpause', strategy: string, accepted?: boolean) =>
      ({
        type: 'command',
        command: { type, by: 'ada', reason: 'quiet', strategy },
        ...(accepted === undefined ? {} : { accepted }),
      }) as const satisfies JournalEntry;
    const ledger = new JournalLedger();
    ledger.apply(command('pause', 'sniper', true));
    ledger.apply(command('pause', 'scalper'));
    ledger.apply(command('pause', 'nobody', false));
    ledger.apply(command('unpause', 'sniper', false));
    const state = ledger.checkpoint({ positions: [], owned: [] });
    expect(recover({ type: 'checkpoint', state }).paused).toEqual(['sniper', 'scalper']);
    const after = recover({ type: 'checkpoint', state }, command('unpause', 'sniper', true));
    expect(after.paused).toEqual(['scalper']);
  });

  it('adds openings and fills to positions and leaves flat markets out', () => {
    const opening: JournalEntry = {
      type: 'position.opening',
      market: ETH,
      size: signedSize(-5n),
      cost: usd(-7n),
    };
    const closing: JournalEntry = {
      type: 'fill',
      fill: { ...aFill, fillId: aFillId(2), orderId: anOrderId(2), side: 'sell' },
      strategy: 'sniper',
    };
    const state = recover(fill, opening, closing);
    expect(state.positions).toEqual([{ market: ETH, size: -5n }]);
    expect(state.bookEntries).toEqual([fill, opening, closing]);
  });

  it('has the latches that no operator has cleared', () => {
    const other: Breach = { ...breach, cause: 'loss.daily' };
    const state = recover(
      { type: 'risk.latched', breach },
      { type: 'risk.latched', breach: other },
      { type: 'risk.cleared', cause: 'loss.daily', by: 'ada' },
      { type: 'command', command: { type: 'halt', by: 'ada', reason: 'lunch' } },
    );
    expect(state.latched).toEqual([breach]);
  });

  it('keeps what moved the balance in order, and the newest figures of losses', () => {
    const opening = { usdc: usd(5n), height: blockHeight(3), at: NOW };
    const money: readonly JournalEntry[] = [
      { type: 'balance.opening', opening },
      {
        type: 'funding',
        payment: { market: BTC, height: blockHeight(4), at: NOW, payment: usd(-1n) },
      },
      {
        type: 'transfer',
        transfer: { transferId: 'a', height: blockHeight(5), at: NOW, amount: usd(7n) },
      },
      { type: 'balance.adjustment', adjustment: { amount: usd(2n), height: blockHeight(6) } },
    ];
    const mark = (day: number): JournalEntry => ({
      type: 'loss.mark',
      mark: { day, dayOpenPnl: usd(1n), peakPnl: usd(2n) },
    });
    const state = recover(mark(1), ...money, mark(2));
    expect(state.moneyEntries).toEqual(money);
    expect(state.lossMark).toEqual({ day: 2, dayOpenPnl: 1n, peakPnl: 2n });
  });
});
