/** A journal that stays short, and says the same as the long one. */
import { OVERLAP_BLOCKS } from '../../src/model/sweep-overlap.js';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Compaction } from '../../src/journal/compaction.js';
import { JournalDatabase, type Stamped } from '../../src/journal/journal-database.store.js';
import { JournalLedger, recoverState } from '../../src/journal/journal-state.js';
import { blockHeight, orderId, signedSize, usd } from '../../src/model/quantities.js';
import type { JournalEntry, JournalRow } from '../../src/ports/journal.js';
import { aFill, aFillId, anOrderId, aRequest, BTC, NOW } from '../support/money-samples.js';

const identity = { network: 'embedded', address: 'dydx1abc', subaccount: 0 };
const { orderId: id } = aRequest;
const breach = {
  cause: 'drawdown',
  severity: 'halt',
  latched: true,
  evidence: '12',
  at: NOW,
} as const;
const cancel = {
  orderId: id,
  clientId: aRequest.clientId,
  market: BTC,
  goodTilBlock: blockHeight(9),
};
const answer = { type: 'unknown', reason: 'timeout' } as const;
const noBooks = { positions: [], owned: [] };
const sweep = (height: number): JournalEntry => ({
  type: 'sweep',
  completeTo: blockHeight(height),
});

/** One of each kind: a new kind does not compile before a checkpoint is known to keep it. */
const ONE_OF_EACH: { readonly [T in JournalEntry['type']]: Extract<JournalEntry, { type: T }> } = {
  run: { type: 'run', epoch: 3, version: 'test' },
  'order.intent': { type: 'order.intent', request: aRequest },
  'order.sent': { type: 'order.sent', orderId: id, answer },
  'cancel.intent': { type: 'cancel.intent', request: cancel },
  'cancel.sent': { type: 'cancel.sent', orderId: id, answer },
  fill: { type: 'fill', fill: { ...aFill, orderId: id }, strategy: 'sniper' },
  'order.end': { type: 'order.end', orderId: id, end: 'canceled', filled: aFill.size },
  'position.opening': {
    type: 'position.opening',
    market: BTC,
    size: signedSize(5n),
    cost: usd(1n),
  },
  'balance.opening': {
    type: 'balance.opening',
    opening: { usdc: usd(7n), height: blockHeight(1), at: NOW },
  },
  funding: {
    type: 'funding',
    payment: { market: BTC, height: blockHeight(2), at: NOW, payment: usd(3n) },
  },
  transfer: {
    type: 'transfer',
    transfer: { transferId: 't', height: blockHeight(2), at: NOW, amount: usd(4n) },
  },
  'balance.adjustment': {
    type: 'balance.adjustment',
    adjustment: { amount: usd(1n), height: blockHeight(2) },
  },
  'loss.mark': { type: 'loss.mark', mark: { day: 1, dayOpenPnl: usd(1n), peakPnl: usd(2n) } },
  sweep: { type: 'sweep', completeTo: blockHeight(2) },
  'risk.level': { type: 'risk.level', level: 'halted', causes: ['drawdown'] },
  'risk.latched': { type: 'risk.latched', breach },
  'risk.cleared': { type: 'risk.cleared', cause: 'operator', by: 'ada' },
  'engine.restored': { type: 'engine.restored', by: 'ada' },
  'engine.fallback': {
    type: 'engine.fallback',
    fallback: { cause: 'engine.threw', evidence: 'x', at: NOW },
  },
  command: { type: 'command', command: { type: 'halt', by: 'ada', reason: 'x' } },
  checkpoint: {
    type: 'checkpoint',
    state: {
      epoch: 1,
      completeTo: blockHeight(1),
      orders: [],
      books: noBooks,
      fills: [],
      latched: [],
      entries: [],
    },
  },
};

const rowsOf = (entries: readonly JournalEntry[]): JournalRow[] =>
  entries.map((entry, index) => ({ sequence: index + 1, at: NOW, input: 0, entry }));

describe('a checkpoint', () => {
  it('leaves a start with what all rows before it would have left it with', () => {
    const { checkpoint, ...rest } = ONE_OF_EACH;
    const entries = [checkpoint, ...Object.values(rest)];
    const ledger = new JournalLedger();
    for (const entry of entries) ledger.apply(entry);
    const state = ledger.checkpoint(noBooks);
    const long = recoverState(rowsOf(entries));
    const short = recoverState(rowsOf([{ type: 'checkpoint', state }]));
    const { books, bookEntries, knownFills, positions, ...same } = long;
    expect(short).toMatchObject(same);
    expect(short.knownFills).toEqual([{ ...aFill, orderId: id }]);
    expect([books, knownFills, short.bookEntries]).toEqual([noBooks, [], []]);
    expect(bookEntries).toHaveLength(2);
    expect(positions).toHaveLength(1);
    expect(short.orders).toMatchObject([{ answer, cancel, filled: aFill.size, end: 'canceled' }]);
  });

  it('knows the fills that a sweep may find again, and no older ones', () => {
    const ledger = new JournalLedger();
    for (const height of [5, 6, 7]) {
      const fill = { ...aFill, fillId: aFillId(height), height: blockHeight(height) };
      ledger.apply({ type: 'fill', fill, strategy: undefined });
    }
    ledger.apply(sweep(6 + OVERLAP_BLOCKS));
    const { fills } = ledger.checkpoint(noBooks);
    expect(fills.map(({ height }) => height)).toEqual([6, 7]);
  });
});

describe('rows', () => {
  it('of sweeps are written while an order or a fill wants one, and not when nothing happened', () => {
    const compaction = new Compaction();
    const written = (entry: JournalEntry): boolean => {
      if (!compaction.isWorthARow(entry)) return false;
      compaction.note(entry);
      return true;
    };
    const last = aRequest.goodTilBlock;
    expect(written(sweep(1))).toBe(true);
    expect(written(sweep(2))).toBe(false);
    expect(written(ONE_OF_EACH['order.intent'])).toBe(true);
    // Until its last block has passed, each of them says more.
    expect([written(sweep(last - 1)), written(sweep(last)), written(sweep(last + 1))]).toEqual([
      true,
      true,
      true,
    ]);
    expect(written(sweep(last + 2))).toBe(false);
    expect(written(ONE_OF_EACH.fill)).toBe(true);
    expect([written(sweep(last + 3)), written(sweep(last + 4))]).toEqual([true, false]);
  });

  it('make a checkpoint due once there are enough of them since the last', () => {
    const compaction = new Compaction(3);
    for (const entry of [ONE_OF_EACH.run, ONE_OF_EACH.fill]) compaction.note(entry);
    expect(compaction.isCheckpointDue).toBe(false);
    compaction.note(sweep(1));
    expect(compaction.isCheckpointDue).toBe(true);
    compaction.note(ONE_OF_EACH.checkpoint);
    expect(compaction.isCheckpointDue).toBe(false);
  });
});

describe('the file', () => {
  let path: string;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'perpetua-compaction-'));
    path = join(folder, 'journal.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const open = (): JournalDatabase => new JournalDatabase({ path, identity, reserveBytes: 4096 });
  const stamped = (entry: JournalEntry): Stamped => ({ at: NOW, input: 1, entry });
  const intent = (n: number): JournalEntry => ({
    type: 'order.intent',
    request: { ...aRequest, orderId: orderId(anOrderId(n)) },
  });

  it('moves what a checkpoint has made needless to a private archive, chain and all', () => {
    const first = open();
    first.append([intent(1), intent(2)].map(stamped));
    first.append([intent(3), ONE_OF_EACH.checkpoint, intent(4)].map(stamped));
    first.close();
    const second = open();
    expect(second.history.map(({ sequence, entry }) => [sequence, entry.type])).toEqual([
      [4, 'checkpoint'],
      [5, 'order.intent'],
    ]);
    second.append([stamped(ONE_OF_EACH.checkpoint)]);
    second.close();
    const third = open();
    expect(third.history.map(({ sequence }) => sequence)).toEqual([6]);
    third.close();
    const archive = new DatabaseSync(`${path}-archive`);
    const kept = archive.prepare('SELECT sequence FROM journal ORDER BY sequence').all();
    archive.close();
    expect(kept).toEqual([1, 2, 3, 4, 5].map((sequence) => ({ sequence })));
    expect(statSync(`${path}-archive`).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-head`).mode & 0o777).toBe(0o600);
  });

  it('goes on when the archive cannot be written, and reads from the checkpoint all the same', () => {
    const first = open();
    first.append([stamped(intent(1))]);
    const other = new DatabaseSync(`${path}-archive`);
    other.exec('CREATE TABLE journal (other TEXT)');
    other.close();
    first.append([ONE_OF_EACH.checkpoint, intent(2)].map(stamped));
    first.append([stamped(intent(3))]);
    first.close();
    const second = open();
    expect(second.history.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
    second.close();
  });
});
