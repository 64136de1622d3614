/**
 * What one socket has asked for and what was granted: the fold behind subscribe, unsubscribe and
 * renew. At most one subscribe of a key is in flight, and nothing in flight is unsubscribed: the
 * venue would answer that at once and then complete the subscribe. What has not been answered for
 * 10 s is no longer in flight. Knows no time of its own.
 */
import { subscriptionKey, type Envelope, type Subscription } from '../model/events.js';
import type { UnixMs } from '../model/quantities.js';

/** As long as the machine waits for a resync. */
const ANSWER_MS = 10_000;

interface Entry {
  readonly subscription: Subscription;
  state: 'queued' | 'asked' | 'confirmed';
  /** When its newest subscribe left. */
  askedAt: number;
  wanted: boolean;
  /** The venue may still hold an older subscription: let that one go first. */
  renewing: boolean;
  /** Refusals in a row. */
  failures: number;
}

/** What `want` and `confirm` leave to do at once. */
export interface Changes {
  /** Keys whose subscribe is to be paced, then begun. */
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly Subscription[];
}

export class SubscriptionLedger {
  readonly #entries = new Map<string, Entry>();

  /** Makes exactly these the wanted ones. As bounded as what is wanted. */
  want(subscriptions: readonly Subscription[]): Changes {
    const wanted = new Map(subscriptions.map((one) => [subscriptionKey(one), one]));
    const unsubscribe: Subscription[] = [];
    for (const [key, entry] of this.#entries) {
      entry.wanted = wanted.delete(key);
      if (entry.wanted || entry.state === 'asked') continue;
      if (entry.state === 'confirmed' || entry.renewing) unsubscribe.push(entry.subscription);
      this.#entries.delete(key);
    }
    for (const [key, subscription] of wanted) {
      const fresh = { state: 'queued', wanted: true, renewing: false, failures: 0 } as const;
      this.#entries.set(key, { subscription, askedAt: -Infinity, ...fresh });
    }
    return { subscribe: [...wanted.keys()], unsubscribe };
  }

  /**
   * Those of the keys that need a new subscribe; one that is on its way brings a fresh snapshot
   * anyway.
   */
  renew(keys: readonly string[], now: UnixMs): readonly string[] {
    return keys.filter((key) => {
      const entry = this.#entries.get(key);
      if (!entry?.wanted || entry.state === 'queued' || isInFlight(entry, now)) return false;
      entry.state = 'queued';
      entry.renewing = true;
      return true;
    });
  }

  /** The key's slot has come. Undefined: it is not wanted any more. */
  begin(key: string, now: UnixMs): { subscription: Subscription; renewing: boolean } | undefined {
    const entry = this.#entries.get(key);
    if (entry?.state !== 'queued') return undefined;
    entry.state = 'asked';
    entry.askedAt = now;
    return { subscription: entry.subscription, renewing: entry.renewing };
  }

  /** The venue has subscribed this key. True: it is still wanted; false: let it go. */
  confirm(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    if (!entry.wanted) {
      this.#entries.delete(key);
      return false;
    }
    entry.state = 'confirmed';
    entry.renewing = false;
    entry.failures = 0;
    return true;
  }

  /** The venue has refused this key. Refusals in a row, or 0: nothing is to be asked again. */
  refuse(key: string): number {
    const entry = this.#entries.get(key);
    if (entry?.state !== 'asked') return 0;
    if (!entry.wanted) {
      this.#entries.delete(key);
      return 0;
    }
    entry.state = 'queued';
    entry.renewing = true;
    entry.failures += 1;
    return entry.failures;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Subscribes in flight. */
  inFlight(now: UnixMs): number {
    return this.#inState('asked').filter((entry) => isInFlight(entry, now)).length;
  }

  get confirmedKeys(): readonly string[] {
    return this.#inState('confirmed').map((entry) => subscriptionKey(entry.subscription));
  }

  /**
   * The key that an error speaks of. Half of the venue's errors name no subscription; their text
   * does. The longest id wins, since one ticker may end in another.
   */
  keyOfError({ subscription, message = '' }: Envelope): string | undefined {
    if (subscription !== undefined) return subscriptionKey(subscription);
    const named = this.#inState('asked')
      .map((entry) => entry.subscription)
      .filter(({ channel, id = '' }) => message.includes(channel) && message.includes(id))
      .sort((a, b) => (b.id ?? '').length - (a.id ?? '').length);
    return named[0] && subscriptionKey(named[0]);
  }

  #inState(state: Entry['state']): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.state === state);
  }
}

const isInFlight = ({ state, askedAt }: Entry, now: UnixMs): boolean =>
  state === 'asked' && now - askedAt <= ANSWER_MS;
