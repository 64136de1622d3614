/** The balance without its trades: every payment and transfer once, whatever comes how often. */
import { describe, expect, it } from 'vitest';
import { blockHeight, unixMs, usd } from '../../src/model/quantities.js';
import { CashLedger } from '../../src/portfolio/cash-ledger.js';
import { BTC, ETH, NOW } from '../support/money-samples.js';

const opened = (): CashLedger => {
  const ledger = new CashLedger();
  ledger.open({ usdc: usd(100n), height: blockHeight(10), at: NOW });
  return ledger;
};
const payment = (height: number, amount: number, market = BTC) => ({
  market,
  height: blockHeight(height),
  at: unixMs(NOW + height),
  payment: usd(BigInt(amount)),
});
const transfer = (transferId: string, height: number, amount: number) => ({
  transferId,
  height: blockHeight(height),
  at: NOW,
  amount: usd(BigInt(amount)),
});

describe('the cash ledger', () => {
  it('has no balance before it was opened, and takes nothing', () => {
    const ledger = new CashLedger();
    expect(ledger.balance(usd(5n))).toBeUndefined();
    expect([ledger.fund(payment(11, 1)), ledger.transfer(transfer('a', 11, 1))]).toEqual([
      false,
      false,
    ]);
    expect([ledger.paidTo, ledger.transferredTo]).toEqual([undefined, undefined]);
  });

  it('is opened once', () => {
    const ledger = opened();
    expect(ledger.opening).toMatchObject({ usdc: 100n });
    expect(() => ledger.open({ usdc: usd(0n), height: blockHeight(1), at: NOW })).toThrow('once');
  });

  it('adds trades, funding and transfers to its opening', () => {
    const ledger = opened();
    ledger.fund(payment(11, -3));
    ledger.fund(payment(11, 4, ETH));
    ledger.transfer(transfer('a', 12, 50));
    ledger.transfer(transfer('b', 13, -20));
    expect(ledger.balance(usd(-7n))).toBe(124n);
    expect([ledger.funding, ledger.fundingOf(BTC), ledger.transfers]).toEqual([1n, -3n, 30n]);
    expect(ledger.payments).toBe(2);
  });

  it.each<readonly [string, (ledger: CashLedger) => boolean]>([
    ['a payment that comes twice', (ledger) => ledger.fund(payment(20, 1))],
    ['a payment of an hour before the newest', (ledger) => ledger.fund(payment(19, 1))],
    ['a payment up to the opening', (ledger) => ledger.fund(payment(10, 1, ETH))],
    ['a transfer that comes twice', (ledger) => ledger.transfer(transfer('a', 20, 1))],
    ['a transfer below the newest height', (ledger) => ledger.transfer(transfer('c', 19, 1))],
    ['a transfer up to the opening', (ledger) => ledger.transfer(transfer('d', 10, 1))],
  ])('does not count %s', (_name, again) => {
    const ledger = opened();
    ledger.fund(payment(20, 1));
    ledger.transfer(transfer('a', 20, 1));
    expect(again(ledger)).toBe(false);
    expect(ledger.balance(usd(0n))).toBe(102n);
  });

  it('counts two transfers of one height, and another hour of one market', () => {
    const ledger = opened();
    expect(ledger.transfer(transfer('a', 20, 1))).toBe(true);
    expect(ledger.transfer(transfer('b', 20, 2))).toBe(true);
    expect(ledger.fund(payment(20, 4))).toBe(true);
    expect(ledger.fund(payment(21, 8))).toBe(true);
    expect(ledger.balance(usd(0n))).toBe(115n);
    expect([ledger.paidTo, ledger.transferredTo]).toEqual([NOW + 21, 20]);
  });

  it('takes an adjustment for everything up to its height', () => {
    const ledger = opened();
    ledger.adjust({ amount: usd(5n), height: blockHeight(30) });
    expect(ledger.fund(payment(30, 1))).toBe(false);
    expect(ledger.transfer(transfer('a', 30, 1))).toBe(false);
    ledger.adjust({ amount: usd(-1n), height: blockHeight(20) });
    expect(ledger.fund(payment(30, 1))).toBe(false);
    expect(ledger.fund(payment(31, 10))).toBe(true);
    expect([ledger.adjustments, ledger.balance(usd(0n))]).toEqual([4n, 114n]);
  });

  it('asks for rows since its opening until it has newer ones', () => {
    expect([opened().paidTo, opened().transferredTo]).toEqual([NOW, 10]);
  });
});
