/** Codes of a node: what is certainly dead may be forgotten, everything else stays unknown. */
import { describe, expect, it } from 'vitest';
import { answerOfCode, classifyCheckTx } from '../../src/dydx/check-tx-codes.js';
import { answerOfFault } from '../../src/dydx/broadcast-faults.js';

type Row = readonly [codespace: string, codes: readonly (number | readonly [number, number])[]];

/** Every code of the chain's three code spaces, by what it means for an order. */
const DEFINITIVE: readonly Row[] = [
  ['clob', [[2, 7], 9, 17, 32, [44, 46], [48, 50], [2000, 2002], 2005]],
  ['clob', [[3000, 3002], 3006, [3008, 3010], [6000, 6002], 9003, [11_000, 11_004]]],
  ['sdk', [4, 5, [11, 13], 18, 30]],
  ['accountplus', [[100, 103], 105]],
];
const RETRYABLE: readonly (readonly [...Row, remedy: string])[] = [
  ['clob', [8, 12], 'market-parameters'],
  ['clob', [10], 'fresh-height'],
  ['clob', [11], 'smaller-good-til-block'],
  ['clob', [29, 3003, 3004], 'new-good-til-time'],
  ['clob', [34, 36], 'market-status'],
  ['clob', [47], 'next-block'],
  ['clob', [2003], 'new-price'],
  ['clob', [3007], 'collateral'],
  ['clob', [5001], 'rate-window'],
  ['clob', [10_001], 'equity'],
  ['sdk', [9], 'account'],
  ['accountplus', [104], 'account'],
];
/** It may be alive, or may have been filled: named, so that an operator can read what was said. */
const AMBIGUOUS: readonly Row[] = [
  ['clob', [20, 24, 30, 2004, 3005]],
  ['sdk', [19, 20, 32]],
];
/** No order gets one of these: whoever does knows nothing of the order. */
const INTERNAL: readonly Row[] = [
  ['clob', [[13, 16], 18, 19, [21, 23], [25, 28], 31, 33, 35, 37, [39, 43], [1000, 1022]]],
  ['clob', [[4000, 4008], 5000, [9000, 9002], 10_000]],
];

const each = ([codespace, codes]: Row): readonly (readonly [string, number])[] =>
  codes.flatMap((code) => {
    const [first, last] = typeof code === 'number' ? [code, code] : code;
    return Array.from({ length: last - first + 1 }, (_, n) => [codespace, first + n] as const);
  });
const placed = ([codespace, code]: readonly [string, number]) =>
  classifyCheckTx('place', { codespace, code });

describe('the code of a placed order', () => {
  it('0 is accepted, in any code space', () => {
    expect(['', 'clob', 'sdk'].map((codespace) => placed([codespace, 0]).type)).toEqual(
      Array.from({ length: 3 }, () => 'accepted'),
    );
  });

  it.each(DEFINITIVE.flatMap(each))('%s %i is a definitive no', (codespace, code) => {
    expect(placed([codespace, code]).type).toBe('rejected');
  });

  it.each(
    RETRYABLE.flatMap(([space, codes, remedy]) =>
      each([space, codes]).map((row) => [...row, remedy]),
    ),
  )(
    '%s %i is a definitive no to this attempt; with %s the intent may be tried again',
    (codespace, code, remedy) => {
      expect(placed([String(codespace), Number(code)])).toMatchObject({
        type: 'retryable',
        remedy,
      });
    },
  );

  it.each(AMBIGUOUS.flatMap(each))('%s %i leaves it open whether it lives', (codespace, code) => {
    const verdict = placed([codespace, code]);
    expect(verdict.type).toBe('unknown');
    expect(verdict).not.toMatchObject({ name: 'unlisted code' });
  });

  it.each(INTERNAL.flatMap(each))('%s %i is internal and therefore unknown', (codespace, code) => {
    expect(placed([codespace, code])).toEqual({ type: 'unknown', name: 'internal to the chain' });
  });

  it.each([
    ['clob', 38],
    ['clob', 99_999],
    ['sdk', 99],
    ['sdk', 1004],
    ['undefined', 1],
    ['__proto__', 1],
    ['clob', Number.NaN],
  ])('%s %d is not listed and therefore unknown', (codespace, code) => {
    expect(placed([codespace, code])).toEqual({ type: 'unknown', name: 'unlisted code' });
  });

  it('is in one group only', () => {
    const all = [
      ...DEFINITIVE,
      ...RETRYABLE.map(([space, codes]) => [space, codes] as const),
      ...AMBIGUOUS,
      ...INTERNAL,
    ].flatMap(each);
    expect(new Set(all.map(String)).size).toBe(all.length);
    expect(all).toHaveLength(130);
  });
});

describe('the code of a cancel', () => {
  it.each([2, 9, 32, 3006, 3010])('clob %i says that it has nothing left to do', (code) => {
    expect(answerOfCode('cancel', { codespace: 'clob', code, log: '' })).toEqual({
      type: 'accepted',
    });
  });

  it.each([3, 10, 11, 29, 3003, 5001])('clob %i says that it did not happen', (code) => {
    expect(answerOfCode('cancel', { codespace: 'clob', code, log: '' }).type).toBe('rejected');
  });

  it.each([
    ['sdk', 19],
    ['sdk', 20],
    ['clob', 99],
  ])('%s %i leaves it open whether it happened', (codespace, code) => {
    expect(answerOfCode('cancel', { codespace, code, log: '' }).type).toBe('unknown');
  });

  it('clob 10 is told with its name and the words of the node', () => {
    expect(answerOfCode('cancel', { codespace: 'clob', code: 10, log: 'too old' })).toEqual({
      type: 'rejected',
      code: 'clob.10',
      message: 'good-til-block passed: too old',
      remedy: 'fresh-height',
    });
  });
});

class BroadcastError extends Error {
  readonly code: number;
  readonly codespace: string;
  constructor(message: string, codespace: string, code: number) {
    super(message);
    this.codespace = codespace;
    this.code = code;
  }
}
const fetchFailed = (code: string) => new TypeError('fetch failed', { cause: { code } });

describe('a broadcast that failed', () => {
  it.each([
    ['with a definitive code is rejected', new BroadcastError('x', 'clob', 2003), 'rejected'],
    ['with an unlisted code is unknown', new BroadcastError('x', 'clob', 77), 'unknown'],
    ['on a refused connection was never sent', fetchFailed('ECONNREFUSED'), 'unsent'],
    ['on an unknown host was never sent', fetchFailed('ENOTFOUND'), 'unsent'],
    ['on a connection that broke is unknown', fetchFailed('ECONNRESET'), 'unknown'],
    ['behind a bad gateway is unknown', new Error('Bad status on response: 502'), 'unknown'],
    ['as a copy in the cache is unknown', new Error('tx already exists in cache'), 'unknown'],
    ['with something that is no error is unknown', 'odd', 'unknown'],
    ['with nothing at all is unknown', undefined, 'unknown'],
  ])('%s', (_name, fault, type) => {
    expect(answerOfFault('place', fault).type).toBe(type);
  });

  it('repeats the words of the node and not those of the library', () => {
    const fault = new BroadcastError('Broadcasting transaction failed: too old', 'clob', 10);
    expect(answerOfFault('place', fault)).toEqual({
      type: 'rejected',
      code: 'clob.10',
      message: 'good-til-block passed: too old',
      remedy: 'fresh-height',
    });
  });

  it('keeps the words short', () => {
    const answer = answerOfFault('place', new Error('x'.repeat(5000)));
    expect(JSON.stringify(answer).length).toBeLessThan(400);
  });
});
