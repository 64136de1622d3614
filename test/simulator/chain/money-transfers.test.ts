/** Deposits, withdrawals, transfers, sends, gas and leverage: what moves, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { ChainMessage, ChainTransaction } from '../../../src/simulator/chain-messages.js';
import type { Exchange } from '../../../src/simulator/exchange-types.js';
import { block, place, quietExchange, subaccount } from '../../support/exchange-driver.js';

const MILLION = 1_000_000n;
const FUNDS = 100_000n * MILLION;

const submit = (
  exchange: Exchange,
  messages: readonly ChainMessage[],
  given: Partial<ChainTransaction> = {},
) => {
  const shared = { hash: 'AA', feePayer: 'alice', feeDenom: 'usdc', fee: 0n } as const;
  return exchange.apply({ type: 'transaction', transaction: { ...shared, messages, ...given } });
};

/** Sends and commits; answers what the block says of the transaction. */
function deliver(exchange: Exchange, ...messages: ChainMessage[]): string {
  const { check } = submit(exchange, messages);
  if (check.code !== 0) return `check ${check.codespace} ${check.code}`;
  const outputs = block(exchange);
  const [result] = outputs.flatMap((each) => (each.type === 'transaction' ? each.result : []));
  return result?.code === 0 ? 'ok' : `${result?.codespace} ${result?.code}`;
}

const withWallet = (usdc = 500n * MILLION): Exchange => {
  const exchange = quietExchange();
  exchange.apply({ type: 'fundWallet', address: 'alice', denom: 'usdc', amount: usdc });
  return exchange;
};

const alice = subaccount('alice');
const deposit = (quoteQuantums: bigint, to = alice): ChainMessage => ({
  type: 'deposit',
  fromAddress: 'alice',
  to,
  quoteQuantums,
});
const withdraw = (quoteQuantums: bigint, toAddress = 'alice'): ChainMessage => ({
  type: 'withdraw',
  from: alice,
  toAddress,
  quoteQuantums,
});
const transfer = (quoteQuantums: bigint, to = subaccount('alice', 128)): ChainMessage => ({
  type: 'transfer',
  from: alice,
  to,
  quoteQuantums,
});
const send = (amount: bigint, toAddress = 'dave'): ChainMessage => ({
  type: 'send',
  fromAddress: 'alice',
  toAddress,
  denom: 'usdc',
  amount,
});
const leverage = (customImfPpm: number, clobPairId = 0): ChainMessage => ({
  type: 'updateLeverage',
  subaccount: alice,
  entries: [{ clobPairId, customImfPpm }],
});

const held = (exchange: Exchange, id = alice) => exchange.subaccount(id)?.quoteQuantums;
const isConserved = (exchange: Exchange): boolean => {
  const { paidIn, ...parts } = exchange.totals();
  return Object.values(parts).reduce((sum, part) => sum + part, 0n) === paidIn;
};

describe('money', () => {
  it('goes from the wallet into a subaccount, to another one, and back', () => {
    const exchange = withWallet();
    const child = subaccount('alice', 128);
    expect(deliver(exchange, deposit(200n * MILLION))).toBe('ok');
    expect(deliver(exchange, transfer(300n * MILLION))).toBe('ok');
    expect(deliver(exchange, withdraw(50n * MILLION))).toBe('ok');
    expect(held(exchange)).toBe(FUNDS - 150n * MILLION);
    expect(held(exchange, child)).toBe(300n * MILLION);
    expect(exchange.wallet('alice')).toEqual({ usdc: 350n * MILLION, native: 0n });
    expect(exchange.transfers(alice).map(({ sender, recipient }) => [sender, recipient])).toEqual([
      [
        { address: 'alice', number: 0 },
        { address: 'alice', number: undefined },
      ],
      [
        { address: 'alice', number: 0 },
        { address: 'alice', number: 128 },
      ],
      [
        { address: 'alice', number: undefined },
        { address: 'alice', number: 0 },
      ],
    ]);
    expect(exchange.transfers(child)).toHaveLength(1);
    expect(isConserved(exchange)).toBe(true);
  });

  it('sent to a new address opens its account', () => {
    const exchange = withWallet();
    expect(exchange.accountNumber('dave')).toBeUndefined();
    expect(deliver(exchange, send(MILLION))).toBe('ok');
    expect(exchange.wallet('dave').usdc).toBe(MILLION);
    expect(exchange.accountNumber('dave')).toBeDefined();
    expect(isConserved(exchange)).toBe(true);
  });

  it('of a transaction that fails later is all where it was', () => {
    const exchange = withWallet();
    const before = exchange.totals();
    expect(deliver(exchange, send(MILLION), deposit(MILLION), withdraw(FUNDS * 2n))).toBe(
      'subaccounts 102',
    );
    expect(exchange.totals()).toEqual(before);
    expect(exchange.accountNumber('dave')).toBeUndefined();
    expect(exchange.transfers(alice)).toEqual([]);
  });

  it.each([
    ['more than the wallet has is not deposited', deposit(501n * MILLION), 'sdk 5'],
    ['more than the wallet has is not sent', send(501n * MILLION), 'sdk 5'],
    ['more than the subaccount has is not withdrawn', withdraw(FUNDS + 1n), 'subaccounts 102'],
    ['more than the subaccount has is not moved', transfer(FUNDS + 1n), 'subaccounts 102'],
    ['nothing is not moved', transfer(0n), 'check sending 2'],
    ['nothing is not deposited', deposit(0n), 'check sending 2'],
    ['nothing is not sent', send(0n), 'check sdk 10'],
    ['nothing goes to itself', transfer(1n, alice), 'check sending 1'],
    [
      'nothing goes beyond the last number',
      deposit(1n, subaccount('a', 128_001)),
      'check subaccounts 200',
    ],
  ])('%s', (_, message, expected) => {
    expect(deliver(withWallet(), message)).toBe(expected);
  });

  it('that margin needs stays', () => {
    const exchange = withWallet();
    place(exchange, 'bob', 1, { side: 'SELL', quantums: 10n ** 10n });
    place(exchange, 'alice', 1, { quantums: 10n ** 10n });
    block(exchange);
    const { equity = 0n, initialMargin = 0n } = exchange.subaccount(alice) ?? {};
    expect(initialMargin).toBe(1_890_400_000n);
    expect(deliver(exchange, withdraw(equity - initialMargin + 1n))).toBe('subaccounts 102');
    expect(deliver(exchange, withdraw(equity - initialMargin))).toBe('ok');
  });
});

describe('gas', () => {
  it('is paid by the wallet, also of a transaction that fails', () => {
    const exchange = withWallet(10n);
    submit(exchange, [withdraw(FUNDS * 2n)], { fee: 4n });
    block(exchange);
    expect(exchange.wallet('alice').usdc).toBe(6n);
    expect(exchange.totals().fees).toBe(4n);
    expect(isConserved(exchange)).toBe(true);
  });

  it('that the wallet cannot pay, with what already waits, is refused at once', () => {
    const exchange = withWallet(10n);
    expect(submit(exchange, [], { fee: 6n }).check.code).toBe(0);
    expect(submit(exchange, [], { fee: 5n }).check).toMatchObject({ code: 5, codespace: 'sdk' });
    expect(submit(exchange, [], { fee: 5n, feeDenom: 'native' }).check.code).toBe(5);
  });

  it('that the wallet has given away meanwhile is refused in the block', () => {
    const exchange = withWallet(10n);
    submit(exchange, [send(10n)]);
    submit(exchange, [], { hash: 'AB', fee: 5n });
    const results = block(exchange).flatMap((each) =>
      each.type === 'transaction' ? each.result.code : [],
    );
    expect(results).toEqual([0, 5]);
  });

  it('in the chain’s own coin leaves the dollars alone', () => {
    const exchange = withWallet(10n);
    exchange.apply({ type: 'fundWallet', address: 'alice', denom: 'native', amount: 7n });
    submit(exchange, [], { fee: 5n, feeDenom: 'native' });
    block(exchange);
    expect(exchange.wallet('alice')).toEqual({ usdc: 10n, native: 2n });
  });
});

describe('the wallet faucet', () => {
  it('gives nothing by mistake', () => {
    const exchange = quietExchange();
    expect(() =>
      exchange.apply({ type: 'fundWallet', address: 'x', denom: 'usdc', amount: 0n }),
    ).toThrow('> 0');
  });
});

describe('custom leverage', () => {
  it('raises the initial margin of what is held', () => {
    const exchange = withWallet();
    place(exchange, 'bob', 1, { side: 'SELL', quantums: 10n ** 10n });
    place(exchange, 'alice', 1, { quantums: 10n ** 10n });
    block(exchange);
    expect(deliver(exchange, leverage(100_000))).toBe('ok');
    expect(exchange.leverage(alice)).toEqual(new Map([[0, 100_000]]));
    expect(exchange.subaccount(alice)?.initialMargin).toBe(9_452_000_000n);
    expect(deliver(exchange, deposit(1n), withdraw(95_000n * MILLION))).toBe('subaccounts 102');
  });

  it.each([
    ['above what the market allows', leverage(19_999), 'subaccounts 701'],
    ['of no market', leverage(20_000, 77), 'clob 8'],
    ['of nothing', { type: 'updateLeverage', subaccount: alice, entries: [] }, 'check clob 11002'],
    ['of more than everything', leverage(1_000_001), 'check clob 11002'],
  ] satisfies [string, ChainMessage, string][])('%s is refused', (_, message, expected) => {
    expect(deliver(withWallet(), message)).toBe(expected);
  });

  it('that the account could not bear is refused', () => {
    const exchange = withWallet();
    place(exchange, 'bob', 1, { side: 'SELL', quantums: 2n * 10n ** 10n });
    place(exchange, 'alice', 1, { quantums: 2n * 10n ** 10n });
    block(exchange);
    expect(deliver(exchange, leverage(1_000_000))).toBe('subaccounts 703');
    expect(exchange.leverage(alice).size).toBe(0);
  });
});
