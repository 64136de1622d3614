/** The ledger of one socket: one subscribe of a key in flight, and no unsubscribe before its answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubscriptionLedger } from '../../src/connection/subscription-ledger.js';
import { subscriptionKey, type Envelope } from '../../src/model/events.js';
import type { UnixMs } from '../../src/model/quantities.js';
import { book, height } from './fakes.js';

const KEY = subscriptionKey(book());
const at = (ms: number): UnixMs => ms as UnixMs;
const BEGIN = at(0);

function asked(): SubscriptionLedger {
  const ledger = new SubscriptionLedger();
  ledger.want([book()]);
  ledger.begin(KEY, BEGIN);
  return ledger;
}

function confirmed(): SubscriptionLedger {
  const ledger = asked();
  ledger.confirm(KEY);
  return ledger;
}

const error = (message: string | undefined): Envelope => ({
  kind: 'error',
  connectionId: 'c1',
  messageId: 1,
  subscription: undefined,
  message,
});

describe('a subscription', () => {
  it('that is wanted twice is asked for once', () => {
    const ledger = asked();
    expect(ledger.want([book(), height]).subscribe).toEqual(['v4_block_height']);
    expect([ledger.begin(KEY, BEGIN), ledger.inFlight(BEGIN)]).toEqual([undefined, 1]);
  });

  it('that is no longer wanted is unsubscribed when it is confirmed', () => {
    const ledger = confirmed();
    expect(ledger.want([]).unsubscribe).toEqual([book()]);
    expect(ledger.has(KEY)).toBe(false);
  });

  it('that is no longer wanted while it is in flight is let go with its answer', () => {
    const ledger = asked();
    expect(ledger.want([]).unsubscribe).toEqual([]);
    expect([ledger.confirm(KEY), ledger.has(KEY)]).toEqual([false, false]);
  });

  it('that is wanted again before its answer is simply kept', () => {
    const ledger = asked();
    ledger.want([]);
    expect(ledger.want([book()]).subscribe).toEqual([]);
    expect(ledger.confirm(KEY)).toBe(true);
  });

  it('that is dropped before its slot is never sent', () => {
    const ledger = new SubscriptionLedger();
    ledger.want([book()]);
    expect(ledger.want([]).unsubscribe).toEqual([]);
    expect(ledger.begin(KEY, BEGIN)).toBeUndefined();
  });

  it('is renewed once at a time, with the old one let go first', () => {
    const ledger = confirmed();
    expect([ledger.renew([KEY, 'unknown'], BEGIN), ledger.renew([KEY], BEGIN)]).toEqual([
      [KEY],
      [],
    ]);
    expect(ledger.begin(KEY, BEGIN)).toEqual({ subscription: book(), renewing: true });
    expect([ledger.confirm(KEY), ledger.confirmedKeys]).toEqual([true, [KEY]]);
  });

  it('whose renewal has not been answered for 10 s is renewed again, and not before', () => {
    const ledger = confirmed();
    ledger.renew([KEY], BEGIN);
    ledger.begin(KEY, at(1_000));
    expect(ledger.renew([KEY], at(11_000))).toEqual([]);
    expect(ledger.renew([KEY], at(11_001))).toEqual([KEY]);
    expect(ledger.begin(KEY, at(11_001))).toEqual({ subscription: book(), renewing: true });
    expect(ledger.renew([KEY], at(21_001))).toEqual([]);
  });

  it('that is answered late, while it waits to be renewed again, is not asked for twice', () => {
    const ledger = asked();
    ledger.renew([KEY], at(10_001));
    expect([ledger.confirm(KEY), ledger.begin(KEY, at(10_001))]).toEqual([true, undefined]);
  });

  it('that is not wanted any more is not renewed, however late its answer', () => {
    const ledger = asked();
    ledger.want([]);
    expect(ledger.renew([KEY], at(60_000))).toEqual([]);
  });

  it('is in flight for 10 s: after that no missing message is put down to it', () => {
    const ledger = asked();
    expect([ledger.inFlight(at(10_000)), ledger.inFlight(at(10_001))]).toEqual([1, 0]);
  });

  it('that is dropped while it waits for its renewal is unsubscribed', () => {
    const ledger = confirmed();
    ledger.renew([KEY], BEGIN);
    expect(ledger.want([]).unsubscribe).toEqual([book()]);
  });

  it('that nobody asked for is let go', () => {
    expect(new SubscriptionLedger().confirm(KEY)).toBe(false);
  });

  it('counts its refusals in a row, and forgets them when it is granted', () => {
    const ledger = asked();
    expect(ledger.refuse(KEY)).toBe(1);
    expect(ledger.refuse(KEY)).toBe(0);
    ledger.begin(KEY, BEGIN);
    expect(ledger.refuse(KEY)).toBe(2);
    ledger.begin(KEY, BEGIN);
    ledger.confirm(KEY);
    ledger.renew([KEY], BEGIN);
    ledger.begin(KEY, BEGIN);
    expect(ledger.refuse(KEY)).toBe(1);
  });

  it('that is refused and not wanted any more is forgotten', () => {
    const ledger = asked();
    ledger.want([]);
    expect([ledger.refuse(KEY), ledger.has(KEY)]).toEqual([0, false]);
  });
});

describe('an error', () => {
  const ledger = new SubscriptionLedger();
  const subscriptions = [height, book('BTC-USD'), book('WBTC-USD')];
  ledger.want(subscriptions);
  subscriptions.forEach((one) => ledger.begin(subscriptionKey(one), BEGIN));

  it.each([
    ['Invalid subscription id for channel: (v4_orderbook-BTC-USD)', 'v4_orderbook:BTC-USD'],
    ['Invalid subscription id for channel: (v4_orderbook-WBTC-USD)', 'v4_orderbook:WBTC-USD'],
    ['Per-connection subscription limit reached for v4_block_height (limit=1).', 'v4_block_height'],
    ['Internal error', undefined],
    [undefined, undefined],
  ])('that says %j speaks of %s', (message, key) => {
    expect(ledger.keyOfError(error(message))).toBe(key);
  });

  it('that names its subscription is believed', () => {
    expect(ledger.keyOfError({ ...error('Internal error'), subscription: height })).toBe(
      'v4_block_height',
    );
  });
});

describe('the ledger against a venue', () => {
  it('ends with exactly what is wanted, whatever was wanted before', () => {
    const set = fc.uniqueArray(fc.constantFrom('A-USD', 'B-USD', 'C-USD'));
    fc.assert(
      fc.property(fc.array(fc.tuple(set, fc.boolean()), { minLength: 1 }), (wishes) => {
        const ledger = new SubscriptionLedger();
        const venue = new Set<string>();
        const inFlight: string[] = [];
        const begin = (keys: readonly string[]): void =>
          keys.forEach((key) => ledger.begin(key, BEGIN) && inFlight.push(key));
        const answerAll = (): void => {
          for (const key of inFlight.splice(0)) {
            if (ledger.confirm(key)) venue.add(key);
          }
        };
        for (const [ids, answers] of wishes) {
          const { subscribe, unsubscribe } = ledger.want(ids.map(book));
          unsubscribe.forEach((one) => expect(venue.delete(subscriptionKey(one))).toBe(true));
          begin(subscribe);
          if (answers) answerAll();
        }
        answerAll();
        const wanted = (wishes.at(-1)?.[0] ?? []).map((id) => subscriptionKey(book(id)));
        expect([...venue].sort()).toEqual(wanted.sort());
        expect([...ledger.confirmedKeys].sort()).toEqual(wanted);
      }),
    );
  });
});
