/**
 * An author's strategy made safe to run: what it leaves out is filled in, what it gets wrong is a
 * hold that says so, what it throws is caught. After so many looks in a row that went wrong it is
 * not asked again in this run, and whoever watches is told once.
 */
import type { Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import { ok } from '../model/result.js';
import type {
  AuthoredEntry,
  AuthoredHold,
  AuthoredStrategy,
  Candidate,
  Sight,
  Strategy,
} from '../ports/strategy.js';
import { lazyHold } from './lazy-hold.js';
import { limitPrice, rankOf } from './limit-price.js';

const AGE_MS_MAX = 2_000;
const FAULTS_MAX = 5;
const MESSAGE_MAX = 200;

export interface AuthoredOptions {
  readonly name: string;
  readonly strategy: AuthoredStrategy;
  /** Whether quotes are of any use where it runs. */
  readonly mayQuote: boolean;
  /** Told once, when it is given up. */
  readonly onFault: (evidence: string) => void;
  /** Looks in a row that may go wrong; the last of them ends it. */
  readonly faultsMax?: number;
}

type Answer = ReturnType<AuthoredStrategy['decide']>;

type AuthoredQuote = Extract<Answer, { type: 'quote' }>;

class WrongAnswer extends Error {}

/** In words now, within the look: an author's getter may throw. */
function worded(reasons: unknown): readonly Reason[] {
  if (!Array.isArray(reasons)) throw new WrongAnswer('reasons: expected a list');
  return reasons.map((reason: unknown) => {
    if (typeof reason === 'string') return { code: 'author', text: reason };
    const { code, text } = (reason ?? {}) as Partial<Reason>;
    if (typeof code === 'string' && typeof text === 'string') return { code, text };
    throw new WrongAnswer('reasons: expected texts, or { code, text }');
  });
}

function expectNumber(name: string, value: unknown, [min, max]: readonly [number, number]): void {
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw new WrongAnswer(`${name}: expected a number from ${min} to ${max}, was ${String(value)}`);
}

function expectSide(name: string, side: unknown): asserts side is Side {
  if (side === 'buy' || side === 'sell') return;
  throw new WrongAnswer(`${name}: expected buy or sell, was ${String(side)}`);
}

function expectUnit({
  confidence,
  direction,
}: Pick<AuthoredHold, 'confidence' | 'direction'>): void {
  if (confidence !== undefined) expectNumber('confidence', confidence, [0, 1]);
  if (direction !== undefined) expectNumber('direction', direction, [-1, 1]);
}

/** A whole number of units, more than none. */
function expectWhole(name: string, value: unknown, unit: bigint): void {
  if (typeof value === 'bigint' && value > 0n && value % unit === 0n) return;
  throw new WrongAnswer(`${name}: expected a multiple of ${unit} above 0, was ${String(value)}`);
}

function entryOf(answer: AuthoredEntry, sight: Sight): Candidate {
  const { side, confidence, quality = 1 } = answer;
  expectSide('side', side);
  expectNumber('confidence', confidence, [0, 1]);
  expectNumber('quality', quality, [0, 1]);
  const { direction = side === 'buy' ? confidence : -confidence } = answer;
  expectNumber('direction', direction, [-1, 1]);
  const written = answer.limitPrice;
  if (written !== undefined) expectWhole('limitPrice', written, sight.view.spec.tick);
  const limit = written === undefined ? limitPrice(sight, side) : ok(written);
  const reasons = worded(answer.reasons);
  if (!limit.ok) {
    const { code, message } = limit.error;
    return lazyHold(() => [{ code, text: message }, ...reasons], { confidence, direction });
  }
  const rank = rankOf(sight, confidence);
  const numbers = { confidence, direction, quality, rank, limitPrice: limit.value };
  return { type: 'enter', side, ...numbers, reasons };
}

function holdOf(answer: AuthoredHold): Candidate {
  const { confidence, direction, leave = [] } = answer;
  expectUnit(answer);
  for (const side of leave) expectSide('leave', side);
  const reasons = worded(answer.reasons);
  return lazyHold(() => reasons, { confidence, direction, leave: [...leave] });
}

function quoteOf(answer: AuthoredQuote, { view }: Sight): Candidate {
  const { confidence, direction, bid, ask } = answer;
  expectNumber('confidence', confidence, [0, 1]);
  expectUnit(answer);
  for (const [name, order] of Object.entries({ bid, ask })) {
    if (order === undefined) continue;
    expectWhole(`${name}.price`, order.price, view.spec.tick);
    expectWhole(`${name}.size`, order.size, view.spec.step);
  }
  if (bid !== undefined && ask !== undefined && bid.price >= ask.price) {
    throw new WrongAnswer(`bid.price: expected below the ask's ${ask.price}, was ${bid.price}`);
  }
  const reasons = worded(answer.reasons);
  return { type: 'quote', confidence, direction, bid, ask, reasons };
}

/** What only claims to be an answer: an author's file need not be type-checked. */
function candidateOf(answer: Answer, sight: Sight, mayQuote: boolean): Candidate {
  const type: unknown = (answer as Answer | undefined)?.type;
  switch (type) {
    case 'enter':
      return entryOf(answer as AuthoredEntry, sight);
    case 'hold':
      return holdOf(answer as AuthoredHold);
    case 'quote':
      if (mayQuote) return quoteOf(answer as AuthoredQuote, sight);
      throw new WrongAnswer('quote: expected enter or hold, quotes are not executed in this mode');
    default:
      throw new WrongAnswer(`type: expected enter, hold or quote, was ${String(type)}`);
  }
}

/** An author may throw anything, also what is no text and cannot be made one. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error).slice(0, MESSAGE_MAX);
  } catch {
    return 'something that cannot be put into words';
  }
}

/** A promise has no answer within the look; that it may fail later is nobody's business. */
function refusePromise(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return;
  Promise.resolve(answer).catch(() => undefined);
  throw new WrongAnswer('decide must answer at once: expected no promise');
}

export function runAuthored(options: AuthoredOptions): Strategy {
  const { name, strategy, mayQuote, onFault, faultsMax: limit = FAULTS_MAX } = options;
  let inRow = 0;
  let faults = 0;
  const wrong = (error: unknown, market: string): Candidate => {
    inRow += 1;
    faults += 1;
    const what = error instanceof WrongAnswer ? 'answered wrongly' : 'threw';
    const text = `${name} ${what}: ${messageOf(error)}`;
    if (inRow === limit) onFault(`${text} (${limit} looks in a row, the last at ${market})`);
    return lazyHold(() => [{ code: 'strategy.fault', text: `${text}; fault ${faults}` }]);
  };
  return {
    name,
    ageMsMax: strategy.ageMsMax ?? AGE_MS_MAX,
    decide: (sight) => {
      if (inRow >= limit) {
        const text = `${name} is given up after ${limit} faults in a row`;
        return lazyHold(() => [{ code: 'strategy.latched', text }]);
      }
      try {
        const answer = strategy.decide(sight);
        refusePromise(answer);
        const candidate = candidateOf(answer, sight, mayQuote);
        inRow = 0;
        return candidate;
      } catch (error) {
        return wrong(error, sight.view.market);
      }
    },
  };
}
