/** A user's strategy: what is filled in, what is refused, and what happens when it breaks. */
import { describe, expect, it } from 'vitest';
import type { AuthoredStrategy, Candidate } from '../../src/ports/strategy.js';
import { runAuthored } from '../../src/strategy/authored-strategy.js';
import { marketId, price, size } from '../../src/model/quantities.js';
import { sightOf } from './sight-fixture.js';

type Answers = AuthoredStrategy['decide'];

function running(decide: Answers, { mayQuote = true, faultsMax = 3 } = {}) {
  const faults: string[] = [];
  const strategy = runAuthored({
    name: 'mine',
    strategy: { decide },
    mayQuote,
    faultsMax,
    onFault: (evidence) => faults.push(evidence),
  });
  const look = (options = {}): Candidate => strategy.decide(sightOf({}, options));
  return { strategy, faults, look };
}
const answering = (answer: unknown, options = {}) => running(() => answer as never, options);
const first = ({ reasons }: Candidate): string => reasons[0]?.text ?? '';

describe('what an author leaves out', () => {
  it('of an entry is filled in: direction, quality, rank and a limit price on the tick', () => {
    const { look } = answering({ type: 'enter', side: 'sell', confidence: 0.6, reasons: ['why'] });
    expect(look({ field: new Map([[marketId('ETH-USD'), 0.9]]) })).toEqual({
      type: 'enter',
      side: 'sell',
      confidence: 0.6,
      direction: -0.6,
      quality: 1,
      rank: 2,
      limitPrice: 2_997_000_000n,
      reasons: [{ code: 'author', text: 'why' }],
    });
  });

  it('of a hold says that the market is not fresh, and leaves nothing', () => {
    const { look, strategy } = answering({ type: 'hold', reasons: [{ code: 'a', text: 'b' }] });
    expect(look()).toMatchObject({ confidence: undefined, leave: [] });
    expect(look().reasons).toEqual([{ code: 'a', text: 'b' }]);
    expect(strategy.ageMsMax).toBe(2_000);
  });

  it('is not touched where it is written', () => {
    const written = { direction: 0.3, quality: 0.5, limitPrice: price(3_000_000_000n) };
    const entry = { type: 'enter', side: 'buy', confidence: 0.9, reasons: [], ...written };
    expect(answering(entry).look()).toMatchObject(written);
    const hold = { type: 'hold', confidence: 0.2, direction: -1, leave: ['buy'], reasons: [] };
    expect(answering(hold).look()).toMatchObject({
      confidence: 0.2,
      direction: -1,
      leave: ['buy'],
    });
    const bid = { price: price(3_000_000_000n), size: size(1_000_000n) };
    const quote = { type: 'quote', confidence: 0.5, bid, ask: undefined, reasons: [] };
    expect(answering(quote).look()).toMatchObject({ type: 'quote', bid });
  });
});

describe('an answer of the wrong shape', () => {
  const entry = { type: 'enter', side: 'buy', confidence: 0.9, reasons: [] };
  const wrong: readonly (readonly [answer: unknown, text: string])[] = [
    [undefined, 'type: expected enter, hold or quote, was undefined'],
    [Promise.resolve(entry), 'decide must answer at once: expected no promise'],
    [{ type: 'buy' }, 'type: expected enter, hold or quote, was buy'],
    [{ ...entry, side: 'long' }, 'side: expected buy or sell, was long'],
    [{ ...entry, confidence: 80 }, 'confidence: expected a number from 0 to 1, was 80'],
    [{ ...entry, confidence: Number.NaN }, 'confidence: expected a number from 0 to 1, was NaN'],
    [{ ...entry, direction: -2 }, 'direction: expected a number from -1 to 1, was -2'],
    [{ ...entry, quality: '1' }, 'quality: expected a number from 0 to 1, was 1'],
    [{ ...entry, limitPrice: 3_000_000_001n }, 'limitPrice: expected a multiple of 100000 above 0'],
    [{ ...entry, limitPrice: 30_000 }, 'limitPrice: expected a multiple of 100000 above 0'],
    [{ ...entry, reasons: 'up' }, 'reasons: expected a list'],
    [{ ...entry, reasons: [7] }, 'reasons: expected texts, or { code, text }'],
    [{ type: 'hold', leave: ['long'], reasons: [] }, 'leave: expected buy or sell, was long'],
    [
      { type: 'quote', confidence: 1, reasons: [], bid: { price: 1n, size: 1n } },
      'bid.price: expected a multiple of 100000 above 0, was 1',
    ],
    [
      {
        type: 'quote',
        confidence: 1,
        reasons: [],
        bid: { price: 3_000_000_000n, size: 1_000_000n },
        ask: { price: 3_000_000_000n, size: 1_000_000n },
      },
      "bid.price: expected below the ask's 3000000000, was 3000000000",
    ],
  ];

  it.each(wrong.map(([answer, text]) => [text, answer]))('holds: %s', (text, answer) => {
    const held = answering(answer).look();
    expect(held).toMatchObject({ type: 'hold', confidence: undefined, leave: [] });
    expect(first(held)).toContain(`mine answered wrongly: ${text}`);
  });

  it('is a promise, and nobody is left alone with what it fails of', async () => {
    const { look } = running((() => Promise.reject(new Error('boom'))) as never);
    expect(first(look())).toContain('expected no promise');
    // A rejection without a handler would fail the run.
    await new Promise(setImmediate);
  });

  it('says so of what cannot even be put into words', () => {
    const { look } = running(() => {
      throw Object.create(null);
    });
    expect(first(look())).toContain('mine threw: something that cannot be put into words');
  });

  it('is a quote where quotes are not executed', () => {
    const quote = { type: 'quote', confidence: 0.5, bid: undefined, ask: undefined, reasons: [] };
    const { look } = answering(quote, { mayQuote: false });
    expect(first(look())).toContain('quotes are not executed in this mode');
  });

  it('is an entry without a possible price', () => {
    const { look } = answering({ ...entry, side: 'sell' });
    const held = look({ terms: { slippageBps: 20_000 } });
    expect([held.type, held.reasons[0]?.code]).toEqual(['hold', 'price.out-of-range']);
  });
});

describe('a strategy that throws', () => {
  it('holds, is counted, and recovers when it stops throwing', () => {
    let looks = 0;
    const { look, faults } = running(() => {
      looks += 1;
      if (looks % 3 !== 0) throw new Error('no luck');
      return { type: 'hold', reasons: ['well'] };
    });
    const said = Array.from({ length: 6 }, () => first(look()));
    expect(said).toEqual([
      'mine threw: no luck; fault 1',
      'mine threw: no luck; fault 2',
      'well',
      'mine threw: no luck; fault 3',
      'mine threw: no luck; fault 4',
      'well',
    ]);
    expect(faults).toEqual([]);
  });

  it('is given up after so many in a row, told once, and never asked again', () => {
    let looks = 0;
    const { look, faults } = running(() => {
      looks += 1;
      throw 'a text';
    });
    const said = Array.from({ length: 5 }, () => first(look()));
    expect(looks).toBe(3);
    expect(said.slice(2)).toEqual([
      'mine threw: a text; fault 3',
      'mine is given up after 3 faults in a row',
      'mine is given up after 3 faults in a row',
    ]);
    expect(faults).toEqual(['mine threw: a text (3 looks in a row, the last at BTC-USD)']);
  });

  it('in a getter of its reasons is caught too', () => {
    const { look } = running(() => ({
      type: 'hold',
      get reasons(): string[] {
        throw new Error('late');
      },
    }));
    expect(first(look())).toBe('mine threw: late; fault 1');
  });
});
