/** A calibrated strategy: the measured confidence decides and is ranked, the raw one is told. */
import { describe, expect, it } from 'vitest';
import type { CalibrationPoint } from '../../src/model/calibration.js';
import { marketId, price, unixMs, type MarketId } from '../../src/model/quantities.js';
import type { Candidate, Sight, Strategy } from '../../src/ports/strategy.js';
import { calibratedStrategy } from '../../src/strategy/calibrated-strategy.js';
import { sightOf } from './sight-fixture.js';

const points: readonly CalibrationPoint[] = [
  { from: 0, to: 0.5, hitRate: 0.51, looks: 900 },
  { from: 0.5, to: 1, hitRate: 0.5678, looks: 412 },
];

const entry = (confidence: number): Candidate => ({
  type: 'enter',
  side: 'buy',
  confidence,
  direction: 0.9,
  quality: 0.8,
  rank: 2,
  limitPrice: price(1n),
  reasons: [
    { code: 'confidence', text: 'as the strategy inside says it' },
    { code: 'quality', text: 'quality 0.80' },
  ],
});
const hold = (confidence: number | undefined): Candidate => ({
  type: 'hold',
  confidence,
  direction: confidence === undefined ? undefined : 0.2,
  leave: ['sell'],
  reasons: [{ code: 'rank.low', text: 'rank 4 > 3' }],
});

/** Answers the candidates in turn, and keeps what it was shown. */
class Told implements Strategy {
  readonly name = 'sniper';
  readonly ageMsMax = 2_000;
  readonly sights: Sight[] = [];
  readonly #answers: Candidate[];

  constructor(...answers: Candidate[]) {
    this.#answers = answers;
  }

  decide(sight: Sight): Candidate {
    this.sights.push(sight);
    return this.#answers.shift() ?? hold(undefined);
  }
}
const decide = (answer: Candidate, confidenceMin: number): Candidate =>
  calibratedStrategy(new Told(answer), { points, confidenceMin }).decide(sightOf({}));
const texts = ({ reasons }: Candidate): string[] => reasons.map(({ text }) => text);

describe('a calibrated strategy', () => {
  it('enters above the limit with what its confidence was worth, the raw one in the reasons', () => {
    const candidate = decide(entry(0.789), 0.55);
    expect(candidate).toMatchObject({ type: 'enter', confidence: 0.5678, rank: 2, quality: 0.8 });
    expect(texts(candidate)).toEqual([
      'confidence 0.78 (calibrated 0.57 from 412 looks) > 0.55, rank 2',
      'quality 0.80',
    ]);
  });

  it('holds at or below the limit, and leaves the other side', () => {
    const low = decide(entry(0.789), 0.6);
    expect(low).toMatchObject({
      type: 'hold',
      confidence: 0.5678,
      direction: 0.9,
      leave: ['sell'],
    });
    expect(texts(low)[0]).toBe('confidence 0.78 (calibrated 0.57 from 412 looks) < 0.60');
    expect(texts(decide(entry(0.3), 0.51))[0]).toContain('(calibrated 0.51 from 900 looks) = 0.51');
  });

  it('keeps a hold and its reasons, and adds what its confidence was worth', () => {
    const candidate = decide(hold(0.2), 0.55);
    expect(candidate).toMatchObject({ type: 'hold', confidence: 0.51, leave: ['sell'] });
    expect(texts(candidate)).toEqual([
      'rank 4 > 3',
      'confidence 0.20 (calibrated 0.51 from 900 looks)',
    ]);
  });

  it('keeps the quotes of a strategy that quotes', () => {
    const quote: Candidate = {
      type: 'quote',
      confidence: 0.6,
      direction: undefined,
      bid: undefined,
      ask: undefined,
      reasons: [],
    };
    expect(decide(quote, 0.99)).toMatchObject({ type: 'quote', confidence: 0.5678 });
  });

  it('says nothing of a market that is not fresh', () => {
    expect(decide(hold(undefined), 0.5)).toEqual(hold(undefined));
  });

  it('shows the strategy inside the raw confidence of the markets that are still fresh', () => {
    const inner = new Told(entry(0.7), entry(0.6), hold(undefined), hold(0.1));
    const outer = calibratedStrategy(inner, { points, confidenceMin: 0.5 });
    const look = (market: string, ...fresh: string[]): Candidate => {
      const field = new Map<MarketId, number>(fresh.map((one) => [marketId(one), 0.5678]));
      return outer.decide(sightOf({}, { market, field }));
    };
    const shown = () => [...(inner.sights.at(-1)?.field ?? [])];
    look('A-USD');
    look('B-USD', 'A-USD');
    expect(shown()).toEqual([
      ['A-USD', 0.7],
      ['B-USD', 0.6],
    ]);
    look('A-USD', 'A-USD', 'B-USD');
    expect(shown()).toEqual([['B-USD', 0.6]]);
    look('C-USD');
    expect(shown()).toEqual([['C-USD', 0.1]]);
  });

  it('shows everything else as it is', () => {
    const inner = new Told();
    const sight = sightOf({}, { now: 10_500 });
    calibratedStrategy(inner, { points, confidenceMin: 0.5 }).decide(sight);
    const [seen] = inner.sights;
    expect(seen?.now).toBe(unixMs(10_500));
    expect(seen?.view).toBe(sight.view);
    expect(seen?.signals).toBe(sight.signals);
    expect([seen?.position, seen?.terms]).toEqual([sight.position, sight.terms]);
    expect(seen?.candles('1MIN', 5)).toEqual([]);
  });
});
