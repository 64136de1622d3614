/** Subscriptions are split over sockets within the limits, and stay where they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSockets } from '../../src/connection/wanted-plan.js';
import { subscriptionKey, type Channel, type Subscription } from '../../src/model/events.js';
import { book, height } from './fakes.js';

const account: Subscription = { channel: 'v4_subaccounts', id: 'dydx1abc/0' };
const markets: Subscription = { channel: 'v4_markets', id: undefined };
const idsPerSocket = ({ channel }: Subscription): number =>
  channel === 'v4_block_height' ? 1 : channel === 'v4_subaccounts' ? 256 : 32;
const books = (count: number): Subscription[] =>
  Array.from({ length: count }, (_, index) => book(`M${index}-USD`));

describe('the plan of sockets', () => {
  it('puts account and markets on the first socket and the height on every one', () => {
    const plan = planSockets([...books(40), account, markets, height], idsPerSocket);
    expect(plan.map((carried) => carried.length)).toEqual([1 + 32 + 2, 1 + 8]);
    expect(plan[0]).toEqual(expect.arrayContaining([account, markets]));
    expect(plan.every((carried) => carried[0]?.channel === 'v4_block_height')).toBe(true);
  });

  it('leaves everybody where he was when a market goes and another comes', () => {
    const before = planSockets(books(40), idsPerSocket);
    const after = planSockets([...books(40).slice(1), book('NEW-USD')], idsPerSocket, before);
    expect(after[1]).toEqual(before[1]);
    expect(after[0]?.at(-1)).toEqual(book('NEW-USD'));
  });

  it('keeps the place of a socket that has become empty', () => {
    const before = planSockets(books(33), idsPerSocket);
    const after = planSockets(books(33).slice(32), idsPerSocket, before);
    expect(after).toEqual([[], [height, book('M32-USD')]]);
  });

  it('refuses what 32 sockets cannot carry', () => {
    expect(() => planSockets(books(33 * 32), idsPerSocket)).toThrow('expected ≤ 32, was 33');
  });

  it('carries each wanted subscription once and exceeds no limit, whatever was before', () => {
    const channel = fc.constantFrom<Channel>('v4_trades', 'v4_orderbook', 'v4_candles');
    const one = fc.record({ channel, id: fc.nat(120).map((n) => `M${n}-USD`) });
    const set = fc.uniqueArray(one, { selector: subscriptionKey, maxLength: 150 });
    fc.assert(
      fc.property(set, set, (before, wanted) => {
        const plan = planSockets(wanted, idsPerSocket, planSockets(before, idsPerSocket));
        const carried = plan.flat().filter((each) => each.channel !== 'v4_block_height');
        expect(carried.map(subscriptionKey).sort()).toEqual(wanted.map(subscriptionKey).sort());
        for (const socket of plan) {
          for (const { channel } of socket) {
            const count = socket.filter((each) => each.channel === channel).length;
            expect(count).toBeLessThanOrEqual(idsPerSocket({ channel, id: undefined }));
          }
        }
      }),
    );
  });
});
