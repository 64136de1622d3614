/** Transactions: refused at once, or executed in the next block, wholly or not at all. */
import { describe, expect, it } from 'vitest';
import type { ChainMessage } from '../../../src/simulator/chain-messages.js';
import type { Exchange } from '../../../src/simulator/exchange-types.js';
import { block, quietExchange, story, subaccount, submit } from '../../support/exchange-driver.js';

const HUNDRED_THOUSAND = 100_000_000_000n;

const transfer = (quoteQuantums: bigint, to = subaccount('alice', 1)): ChainMessage => ({
  type: 'transfer',
  from: subaccount('alice'),
  to,
  quoteQuantums,
});

const told = (exchange: Exchange) =>
  story(block(exchange)).filter((line) => !/^(candle|block|oracle)/.test(line));

describe('a transaction', () => {
  it('waits for the block and then tells what it did', () => {
    const exchange = quietExchange();
    const { check, outputs } = submit(exchange, [transfer(5n)], 'AA');
    expect(check.code).toBe(0);
    expect(outputs).toEqual([]);
    expect(told(exchange)).toEqual([
      `alice has ${HUNDRED_THOUSAND - 5n}`,
      'alice has 5',
      'transfer 5',
      'transaction AA 0',
    ]);
  });

  it('that a check refuses never waits', () => {
    const exchange = quietExchange();
    expect(submit(exchange, [transfer(0n)], 'AA').check).toMatchObject({ codespace: 'sending' });
    expect(submit(exchange, [transfer(1n, subaccount('alice'))], 'AB').check.code).not.toBe(0);
    expect(told(exchange)).toEqual([]);
  });

  it('whose second message fails takes the first one back, and says so', () => {
    const exchange = quietExchange();
    submit(exchange, [transfer(7n), transfer(HUNDRED_THOUSAND)], 'AA');
    expect(told(exchange)).toEqual(['transaction AA 102']);
    expect(exchange.subaccount(subaccount('alice'))?.quoteQuantums).toBe(HUNDRED_THOUSAND);
    expect(exchange.subaccount(subaccount('alice', 1))).toBeUndefined();
  });

  it('stands in the block after those that came before it', () => {
    const exchange = quietExchange();
    submit(exchange, [transfer(1n)], 'AA');
    submit(exchange, [], 'AB');
    const outputs = block(exchange).filter((output) => output.type === 'transaction');
    expect(outputs).toMatchObject([
      { hash: 'AA', index: 1, height: exchange.height },
      { hash: 'AB', index: 2 },
    ]);
  });
});
