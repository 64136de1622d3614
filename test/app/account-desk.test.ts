/** How long a difference to the venue's figures may last before it is evidence. */
import { expect, it } from 'vitest';
import { AccountDesk } from '../../src/app/account-desk.js';
import type { Books } from '../../src/app/books.js';
import type { AccountSnapshot } from '../../src/model/account.js';
import type { BookState } from '../../src/model/book.js';
import type { Position } from '../../src/model/position.js';
import { blockHeight, signedSize, unixMs, usd, type Usd } from '../../src/model/quantities.js';
import { BTC, btcSpec, btcView, NOW } from '../support/money-samples.js';

const MINUTE_MS = 60_000;
const FULL_HOUR = (Math.floor(NOW / 3_600_000) + 1) * 3_600_000;
const held: Position = {
  market: BTC,
  size: signedSize(2_000_000_000n),
  cost: usd(10_000_000_000n),
  realizedPnl: usd(0n),
  fees: usd(0n),
  fills: 1,
};

/** 10,000 USD held at an hourly rate of 0.01 %, a look every half minute from the full hour on. */
function minutesUntilEvidence(paid: bigint): number {
  let now = NOW;
  const desk = new AccountDesk({
    books: { positions: { positions: () => [held] }, recent: [] } as unknown as Books,
    specOf: () => btcSpec,
    view: () => ({ ...btcView, fundingRate1h: 0.0001 }),
    askedPpm: () => 0,
    record: () => undefined,
    now: () => now,
  });
  const account = (usdc: Usd): AccountSnapshot => ({
    usdc,
    equity: usd(usdc + 10_000_000_000n),
    freeCollateral: usd(usdc + 9_500_000_000n),
    positions: [{ market: BTC, size: held.size }],
    height: blockHeight(7),
  });
  desk.confirm(account(usd(5_000_000_000n)));
  expect(desk.look(account(usd(5_000_000_000n)))).toBeUndefined();
  for (let half = 0; half < 100; half += 1) {
    now = unixMs(FULL_HOUR + (half * MINUTE_MS) / 2);
    const evidence = desk.look(account(usd(5_000_000_000n - paid)));
    if (evidence !== undefined) {
      expect(evidence).toMatch(/^usdc: ours 5000, venue /);
      return half / 2;
    }
  }
  return Infinity;
}

it.each([
  [2n, Infinity, 'is rounding'],
  [1_000_000n, 30, 'may be the funding of the hour, whose row is late'],
  [-4_000_002n, 30, 'may be, four times the forecast and of the other sign'],
  [4_000_003n, 3, 'is more than funding can be'],
])('a balance less by %i units lasts %i minutes: it %s', (paid, minutes) => {
  expect(minutesUntilEvidence(paid)).toBe(minutes);
});

it.each([
  [60_000, held.size, []],
  [60_001, held.size, [BTC]],
  [600_000, signedSize(0n), []],
])('a market that said nothing for %i ms and holds %i is silent: %j', (ms, size, silent) => {
  const desk = new AccountDesk({
    books: { positions: { positions: () => [{ ...held, size }] } } as unknown as Books,
    specOf: () => btcSpec,
    view: () => btcView,
    askedPpm: () => 0,
    record: () => undefined,
    now: () => unixMs(btcView.at + ms),
  });
  expect(desk.silent()).toEqual(silent);
});

it('a market whose book is not live for a minute is silent, though its oracle price comes', () => {
  let now = unixMs(btcView.at);
  let state: BookState = 'live';
  const desk = new AccountDesk({
    books: { positions: { positions: () => [held] } } as unknown as Books,
    specOf: () => btcSpec,
    view: () => ({ ...btcView, at: now, book: { ...btcView.book, state } }),
    askedPpm: () => 0,
    record: () => undefined,
    now: () => now,
  });
  const states: readonly BookState[] = ['live', 'stale', 'stale', 'stale', 'live'];
  const silent = states.map((each) => {
    state = each;
    const found = desk.silent();
    now = unixMs(now + 30_001);
    return found.length;
  });
  expect(silent).toEqual([0, 0, 1, 1, 0]);
});
