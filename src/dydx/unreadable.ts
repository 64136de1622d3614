/**
 * Why a message of the venue cannot be used. Thrown by the readers of this folder and caught at its
 * doors (the frame decoder, the indexer client); it never leaves them.
 */
import type { UnknownVersion } from '../model/events.js';
import { isMarketId, type MarketId } from '../model/quantities.js';
import type { Result } from '../model/result.js';

/** Not what the venue promises to send. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** A payload of another major version: its fields may mean something else. */
export class WrongVersion extends Unreadable {
  readonly what: UnknownVersion;

  constructor(what: UnknownVersion) {
    super(`unknown version ${what.version} of ${what.channel}`);
    this.what = what;
  }
}

/** Well formed, but about a market whose parameters are not known (yet). */
export class UnknownMarket extends Error {
  override readonly name = 'UnknownMarket';
}

/** The value, or `Unreadable` with the fault's words. */
export function readable<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Unreadable(result.error.message);
}

export function readMarketId(ticker: string): MarketId {
  if (isMarketId(ticker)) return ticker;
  throw new Unreadable(
    `expected a ticker like BTC-USD, was ${JSON.stringify(ticker.slice(0, 64))}`,
  );
}
