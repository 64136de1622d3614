/** Which differences to the venue are believed: each market by itself. */
import { describe, expect, it } from 'vitest';
import type { PositionDrift } from '../../src/model/position.js';
import { marketId, signedSize } from '../../src/model/quantities.js';
import { DriftWatch } from '../../src/risk/drift-watch.js';

const drift = (market: string, ours: number, venue: number): PositionDrift => ({
  market: marketId(market),
  ours: signedSize(BigInt(ours)),
  venue: signedSize(BigInt(venue)),
});
const btc = drift('BTC-USD', 5, 0);
/** Differs in every look. */
const eth = (look: number): PositionDrift => drift('ETH-USD', look, 0);

/** Believed and doubted markets of each look. */
const verdictsOf = (looks: readonly (readonly PositionDrift[])[]): readonly string[] => {
  const watch = new DriftWatch();
  const names = (drifts: readonly PositionDrift[]) => drifts.map(({ market }) => market).join();
  return looks.map((look) => {
    const { believed, doubted } = watch.look(look);
    return `${names(believed)}|${names(doubted)}`;
  });
};

describe('a difference', () => {
  it.each([
    ['found once is doubted', [[btc], []], ['|BTC-USD', '|']],
    ['found twice in a row is believed', [[btc], [btc]], ['|BTC-USD', 'BTC-USD|']],
    [
      'stays believed for as long as it lasts',
      [[btc], [btc], [btc]],
      ['|BTC-USD', 'BTC-USD|', 'BTC-USD|'],
    ],
    [
      'that was gone in between is new',
      [[btc], [], [btc], [btc]],
      ['|BTC-USD', '|', '|BTC-USD', 'BTC-USD|'],
    ],
    [
      'in one market is not hidden by one that changes in another',
      [
        [btc, eth(1)],
        [eth(2), btc],
        [btc, eth(3)],
      ],
      ['|BTC-USD,ETH-USD', 'BTC-USD|ETH-USD', 'BTC-USD|ETH-USD'],
    ],
    [
      'that changes in every look is believed at the fourth',
      [[eth(1)], [eth(2)], [eth(3)], [eth(4)], []],
      ['|ETH-USD', '|ETH-USD', '|ETH-USD', 'ETH-USD|', '|'],
    ],
    [
      'on the venue’s side counts like one on ours',
      [[drift('BTC-USD', 5, 1)], [drift('BTC-USD', 5, 2)], [drift('BTC-USD', 5, 2)]],
      ['|BTC-USD', '|BTC-USD', 'BTC-USD|'],
    ],
  ])('%s', (_, looks, expected) => {
    expect(verdictsOf(looks)).toEqual(expected);
  });
});
