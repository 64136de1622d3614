/**
 * A strategy whose confidence is what it was measured to be worth. The strategy inside judges as
 * ever (with no limit of its own on confidence); its raw confidence picks a measured hit rate, and
 * that is compared with the limit and ranked by everybody else. The raw value stays in the reasons.
 */
import type { MarketView } from '../model/book.js';
import { opposite } from '../model/book.js';
import { pointOf, type CalibrationPoint } from '../model/calibration.js';
import type { Reason } from '../model/decision.js';
import type { MarketId } from '../model/quantities.js';
import type { Candidate, Glance, Sight, Strategy } from '../ports/strategy.js';
import { apart } from './apart.js';
import { fraction } from './entry-gates.js';
import { glanceOf } from './glance.js';
import { lazyHold } from './lazy-hold.js';

export interface CalibratedOptions {
  /** At least one. */
  readonly points: readonly CalibrationPoint[];
  /** Enter above this calibrated confidence, 0–1. */
  readonly confidenceMin: number;
}

type Entry = Extract<Candidate, { type: 'enter' }>;

export function calibratedStrategy(inner: Strategy, options: CalibratedOptions): Strategy {
  /** Raw confidences: what the strategy inside ranks itself among. */
  const field = new Map<MarketId, number>();
  return {
    name: inner.name,
    ageMsMax: inner.ageMsMax,
    decide: (sight) => {
      const { market } = glanceOf(sight);
      if (field.size > sight.field.size) forgetOthers(field, sight);
      const candidate = inner.decide(new RawSight(sight, field));
      if (candidate.confidence === undefined) {
        field.delete(market);
        return candidate;
      }
      field.set(market, candidate.confidence);
      return calibrated(candidate, candidate.confidence, options);
    },
  };
}

/** Markets that are not fresh any more, without their having been looked at. */
function forgetOthers(field: Map<MarketId, number>, sight: Sight): void {
  const { market: own } = glanceOf(sight);
  for (const market of field.keys()) {
    if (market !== own && !sight.field.has(market)) field.delete(market);
  }
}

/** The same sight, but for the confidence of the others. */
class RawSight implements Sight {
  readonly #sight: Sight;
  readonly field: ReadonlyMap<MarketId, number>;

  constructor(sight: Sight, field: ReadonlyMap<MarketId, number>) {
    this.#sight = sight;
    this.field = field;
  }

  get now(): Sight['now'] {
    return this.#sight.now;
  }

  get view(): MarketView {
    return this.#sight.view;
  }

  get glance(): Glance {
    return glanceOf(this.#sight);
  }

  get signals(): Sight['signals'] {
    return this.#sight.signals;
  }

  get position(): Sight['position'] {
    return this.#sight.position;
  }

  get terms(): Sight['terms'] {
    return this.#sight.terms;
  }

  candles: Sight['candles'] = (resolution, count) => this.#sight.candles(resolution, count);
}

function calibrated(candidate: Candidate, raw: number, options: CalibratedOptions): Candidate {
  const point = pointOf(options.points, raw);
  if (point === undefined) return candidate;
  const { hitRate, looks } = point;
  const [worthIt, limit] = apart(hitRate, options.confidenceMin, 2);
  const worth = `calibrated ${worthIt} from ${looks} looks`;
  const phrase = `confidence ${fraction(raw)} (${worth})`;
  switch (candidate.type) {
    case 'quote':
      return { ...candidate, confidence: hitRate, reasons: told(phrase, candidate.reasons) };
    case 'hold': {
      const { direction, leave } = candidate;
      const words = (): readonly Reason[] => told(phrase, candidate.reasons);
      return lazyHold(words, { confidence: hitRate, direction, leave });
    }
    case 'enter':
      return judged(candidate, { phrase, limit, hitRate, ...options });
  }
}

interface Judging extends CalibratedOptions {
  readonly phrase: string;
  /** As text, beside which the hit rate stands. */
  readonly limit: string;
  readonly hitRate: number;
}

function judged(candidate: Entry, { phrase, limit, hitRate, confidenceMin }: Judging): Candidate {
  const others = candidate.reasons.filter(({ code }) => code !== 'confidence');
  if (hitRate > confidenceMin) {
    const text = `${phrase} > ${limit}, rank ${candidate.rank}`;
    return {
      ...candidate,
      confidence: hitRate,
      reasons: [{ code: 'confidence', text }, ...others],
    };
  }
  const text = `${phrase} ${hitRate === confidenceMin ? '=' : '<'} ${limit}`;
  return lazyHold(() => [{ code: 'confidence.low', text }, ...others], {
    confidence: hitRate,
    direction: candidate.direction,
    leave: [opposite(candidate.side)],
  });
}

const told = (text: string, reasons: readonly Reason[]): readonly Reason[] => [
  ...reasons,
  { code: 'calibrated', text },
];
