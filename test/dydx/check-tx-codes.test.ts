/** Codes of a node: what is certainly dead may be forgotten, everything else stays unknown. */
import { describe, expect, it } from 'vitest';
import { answerOfCode, classifyCheckTx } from '../../src/dydx/check-tx-codes.js';
import { answerOfFault } from '../../src/dydx/broadcast-faults.js';

describe('the code of a placed order', () => {
  it.each([
    ['', 0, 'accepted'],
    ['clob', 7, 'rejected'],
    ['clob', 10, 'retryable'],
    ['clob', 11, 'retryable'],
    ['clob', 12, 'retryable'],
    ['clob', 20, 'unknown'],
    ['clob', 24, 'unknown'],
    ['clob', 34, 'retryable'],
    ['clob', 47, 'retryable'],
    ['clob', 48, 'rejected'],
    ['clob', 2001, 'rejected'],
    ['clob', 2003, 'retryable'],
    ['clob', 2004, 'unknown'],
    ['clob', 5001, 'retryable'],
    ['clob', 9003, 'rejected'],
    ['sdk', 4, 'rejected'],
    ['sdk', 19, 'unknown'],
    ['sdk', 20, 'unknown'],
    ['sdk', 32, 'retryable'],
    ['accountplus', 104, 'retryable'],
  ])('%s %i is %s', (codespace, code, type) => {
    expect(classifyCheckTx('place', { codespace, code }).type).toBe(type);
  });

  it.each([
    ['clob', 1004],
    ['clob', 99_999],
    ['sdk', 99],
    ['undefined', 1],
    ['__proto__', 1],
    ['clob', Number.NaN],
  ])('%s %d is not listed and therefore unknown', (codespace, code) => {
    expect(classifyCheckTx('place', { codespace, code }).type).toBe('unknown');
  });

  it('says which change may help', () => {
    const verdict = classifyCheckTx('place', { codespace: 'clob', code: 10 });
    expect(verdict).toMatchObject({ remedy: 'fresh-height' });
  });
});

describe('the code of a cancel', () => {
  it.each([2, 9, 32, 3006, 3010])('clob %i says that it has nothing left to do', (code) => {
    expect(answerOfCode('cancel', { codespace: 'clob', code, log: '' })).toEqual({
      type: 'accepted',
    });
  });

  it('clob 10 says that it did not happen', () => {
    expect(answerOfCode('cancel', { codespace: 'clob', code: 10, log: 'too old' })).toEqual({
      type: 'rejected',
      code: 'clob.10',
      message: 'good-til-block passed: too old',
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
    });
  });

  it('keeps the words short', () => {
    const answer = answerOfFault('place', new Error('x'.repeat(5000)));
    expect(JSON.stringify(answer).length).toBeLessThan(400);
  });
});
