/** A node in front of an exchange that does as told, and short words to talk to it. */
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import type { CheckResult, ExchangeInput } from '../../src/simulator/exchange-types.js';
import { IndexerState } from '../../src/simulator/indexer/indexer-state.codec.js';
import type { PlaceOrder } from '../../src/simulator/order-terms.js';
import { Mempool } from '../../src/simulator/validator/mempool.codec.js';
import { ValidatorRpc } from '../../src/simulator/validator/validator-rpc.codec.js';
import { FakeExchange } from './fake-exchange.js';
import { placeMessage, Wallet, type Message, type Signing } from './sign-transaction.js';
import { TAKEN, VIEW } from './venue-story.js';

export const CHAIN = 'localdydxprotocol';
export const alice = new Wallet('alice');
export const bob = new Wallet('bob');
/** What alice signs for. */
export const SIGNING = { chainId: CHAIN, accountNumber: 100 };

interface Answered {
  readonly result?: Readonly<Record<string, never>>;
  readonly error?: object;
}

export function startNode(transactionsMax?: number) {
  const exchange = new FakeExchange();
  exchange.subaccounts.push({ ...VIEW, subaccount: { owner: alice.address, number: 0 } });
  exchange.wallets.set(alice.address, { usdc: 1_000_000n, native: 0n });
  const state = new IndexerState(exchange);
  const clock = new SimulatedClock(0);
  const submit = (input: ExchangeInput): CheckResult => {
    const { check, outputs } = exchange.apply(input);
    state.note(input);
    for (const output of outputs) mempool.note(output);
    return check;
  };
  const mempool: Mempool = new Mempool({ chainId: CHAIN, exchange, submit, transactionsMax });
  const rpc = new ValidatorRpc({ chainId: CHAIN, state, mempool, timers: clock });
  const call = (method: string, params: object = {}): Answered =>
    JSON.parse(
      rpc.answer(JSON.stringify({ jsonrpc: '2.0', id: 5, method, params })).body,
    ) as Answered;
  const broadcast = (bytes: Buffer) => call('broadcast_tx_sync', { tx: bytes.toString('base64') });
  /** Alice's messages, signed as she should but for what is given. */
  const send = (messages: readonly Message[], signing: Partial<Signing> = {}) =>
    broadcast(alice.sign(messages, { ...SIGNING, ...signing })).result as unknown as CheckResult;
  const commit = () => submit({ type: 'block', timeMs: exchange.timeMs + 650 });
  const inputs = () => exchange.inputs.filter(({ type }) => type !== 'block');
  return { exchange, state, clock, mempool, rpc, call, broadcast, send, commit, inputs };
}

export const hashParam = (hash: string): object => ({
  hash: Buffer.from(hash, 'hex').toString('base64'),
});

/** An immediate buy; with flags, a stateful order that rests. */
export const orderOf = (
  owner: string,
  change: Partial<PlaceOrder['id']> = {},
  terms: Partial<PlaceOrder> = {},
): PlaceOrder => ({
  id: { ...TAKEN.id, subaccount: { owner, number: 0 }, ...change },
  side: 'BUY',
  quantums: 1_000_000n,
  subticks: 8_995_000_000n,
  goodTilBlock: (change.orderFlags ?? 0) === 0 ? 66_624_210 : 0,
  goodTilBlockTime: (change.orderFlags ?? 0) === 0 ? 0 : 1_800_000_000,
  timeInForce: (change.orderFlags ?? 0) === 0 ? 'IOC' : 'GTT',
  reduceOnly: false,
  clientMetadata: 1,
  ...terms,
});

export const placed = placeMessage(orderOf(alice.address));
/** A long-term order of alice. */
export const stateful = (clientId: number): Message =>
  placeMessage(orderOf(alice.address, { orderFlags: 64, clientId }));
