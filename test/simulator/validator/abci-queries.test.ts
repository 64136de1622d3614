/** Queries of the chain's state by path: what each module answers, page by page where it has pages. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SimulateRequest, SimulateResponse } from 'cosmjs-types/cosmos/tx/v1beta1/service.js';
import { expect, test } from 'vitest';
import { serializedInt } from '../../../src/simulator/validator/proto-codecs.codec.js';
import { FEE, sendMessage } from '../../support/sign-transaction.js';
import {
  alice,
  bob,
  orderOf,
  placed,
  SIGNING,
  startNode,
  stateful,
} from '../../support/validator-driver.js';

interface Codec {
  fromPartial(value: object): object;
  encode(value: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}
const require = createRequire(import.meta.url);
const folder = join(
  dirname(require.resolve('@dydxprotocol/v4-client-js/package.json')),
  'build/cjs/node_modules/@dydxprotocol/v4-proto/src/codegen/dydxprotocol',
);
const codec = (module: string, name: string): Codec =>
  (require(join(folder, module, 'query.js')) as Record<string, Codec>)[name] as Codec;

type Node = ReturnType<typeof startNode>;
interface Asked {
  readonly code: number;
  readonly log: string;
  readonly value: string | null;
}

function ask(node: Node, path: string, bytes: Uint8Array, height?: number): Asked {
  const data = Buffer.from(bytes).toString('hex');
  const { result } = node.call('abci_query', { path, data, height });
  return (result as unknown as { readonly response: Asked }).response;
}

/** Asks a module and reads its answer, with 64-bit numbers as text. */
function query(node: Node, path: string, names: readonly [string, string], request: object = {}) {
  const module = path.split('.')[0] ?? '';
  const [asks, answers] = names.map((name) => codec(module, name));
  const bytes = asks?.encode(asks.fromPartial(request)).finish() ?? new Uint8Array();
  const { code, value } = ask(node, `/dydxprotocol.${path}`, bytes);
  if (code !== 0) return { code };
  return answers?.decode(Buffer.from(value ?? '', 'base64'));
}

const long = (low: number) => expect.objectContaining({ low }) as object;

test('pages follow each other by key or offset', () => {
  const node = startNode();
  const names = ['QueryAllClobPairRequest', 'QueryClobPairAllResponse'] as const;
  const pairs = (pagination: object) =>
    query(node, 'clob.Query/ClobPairAll', names, { pagination }) as {
      clobPair: { id: number }[];
      pagination: { nextKey: Uint8Array; total: object };
    };
  const first = pairs({ limit: 1 });
  expect(first.clobPair.map(({ id }) => id)).toEqual([0]);
  expect(first.pagination.total).toEqual(long(2));
  const second = pairs({ key: first.pagination.nextKey, limit: 1 });
  expect(second.clobPair.map(({ id }) => id)).toEqual([1]);
  expect(second.pagination.nextKey).toHaveLength(0);
  expect(pairs({ offset: 1 }).clobPair.map(({ id }) => id)).toEqual([1]);
  expect(pairs({ offset: 9 }).clobPair).toEqual([]);
});

test('markets, prices and tiers are told as their modules keep them', () => {
  const node = startNode();
  const one = (path: string, kind: string, id: number) =>
    query(node, path, [`${kind}Request`, `${kind}Response`], { id });
  expect(one('perpetuals.Query/Perpetual', 'QueryPerpetual', 1)).toMatchObject({
    perpetual: {
      params: { id: 1, ticker: 'ETH-USD', marketType: 1 },
      fundingIndex: serializedInt(-7n),
      openInterest: serializedInt(3_817_102_000_000n),
    },
  });
  expect(one('perpetuals.Query/Perpetual', 'QueryPerpetual', 9)).toEqual({ code: 22 });
  expect(one('prices.Query/MarketPrice', 'QueryMarketPrice', 9)).toEqual({ code: 22 });
  expect(one('prices.Query/MarketPrice', 'QueryMarketPrice', 0)).toMatchObject({
    marketPrice: { exponent: -5, price: expect.objectContaining({ low: 402_220_408 }) as object },
  });
  const tiers = ['QueryAllLiquidityTiersRequest', 'QueryAllLiquidityTiersResponse'] as const;
  expect(query(node, 'perpetuals.Query/AllLiquidityTiers', tiers)).toMatchObject({
    liquidityTiers: [{ id: 0, initialMarginPpm: 20_000, maintenanceFractionPpm: 600_000 }],
  });
  const rates = [
    'QueryBlockRateLimitConfigurationRequest',
    'QueryBlockRateLimitConfigurationResponse',
  ] as const;
  node.exchange.limits = () => ({
    shortTerm: [{ blocks: 5, limit: 4_000 }],
    stateful: [{ blocks: 1, limit: 2 }],
    equityTiers: [],
  });
  expect(query(node, 'clob.Query/BlockRateLimitConfiguration', rates)).toMatchObject({
    blockRateLimitConfig: {
      maxStatefulOrdersPerNBlocks: [{ numBlocks: 1, limit: 2 }],
      maxShortTermOrdersAndCancelsPerNBlocks: [{ numBlocks: 5, limit: 4_000 }],
    },
  });
});

test.each([
  [0n, '02'],
  [255n, '02ff'],
  [-256n, '030100'],
])('the integer %s is serialized as %s', (value, hex) => {
  expect(Buffer.from(serializedInt(value)).toString('hex')).toBe(hex);
});

test('a subaccount that does not exist is an empty one; one that does has its positions', () => {
  const node = startNode();
  const names = ['QueryGetSubaccountRequest', 'QuerySubaccountResponse'] as const;
  const path = 'subaccounts.Query/Subaccount';
  expect(query(node, path, names, { owner: bob.address, number: 4 })).toMatchObject({
    subaccount: { id: { owner: bob.address, number: 4 }, assetPositions: [] },
  });
  const known = query(node, path, names, { owner: alice.address }) as {
    subaccount: { assetPositions: object[]; perpetualPositions: object[] };
  };
  expect(known.subaccount.assetPositions).toHaveLength(1);
  expect(known.subaccount.perpetualPositions).toMatchObject([{ fundingIndex: serializedInt(5n) }]);
  const blocked = 'GetWithdrawalAndTransfersBlockedInfo';
  expect(
    query(node, `subaccounts.Query/${blocked}`, [
      `Query${blocked}Request`,
      `Query${blocked}Response`,
    ]),
  ).toMatchObject({ withdrawalsAndTransfersUnblockedAtBlock: 0 });
});

test('a stateful order is told with all its terms while it lives', () => {
  const node = startNode();
  const names = ['QueryStatefulOrderRequest', 'QueryStatefulOrderResponse'] as const;
  const builder = { address: bob.address, feePpm: 100 };
  const twap = { durationSeconds: 300, intervalSeconds: 30, priceTolerancePpm: 5 };
  const condition = { type: 'TAKE_PROFIT', triggerSubticks: 7n } as const;
  const order = orderOf(
    alice.address,
    { orderFlags: 32, clientId: 3 },
    { builder, twap, condition },
  );
  const { subaccount: subaccountId, ...id } = order.id;
  const request = { orderId: { subaccountId, ...id } };
  const answer = () => query(node, 'clob.Query/StatefulOrder', names, request);
  expect(answer()).toEqual({ code: 22 });
  const rest = { totalFilled: 5n, removalReason: undefined, updatedAtMs: undefined };
  const heights = { createdAtHeight: 12, updatedAtHeight: 12 };
  node.exchange.known.push({ ...order, ...rest, ...heights, status: 'UNTRIGGERED' });
  expect(answer()).toMatchObject({
    orderPlacement: {
      order: {
        orderId: { clientId: 3, orderFlags: 32 },
        conditionType: 2,
        conditionalOrderTriggerSubticks: long(7),
        twapParameters: { duration: 300 },
        builderCodeParameters: { feePpm: 100 },
      },
      placementIndex: { blockHeight: 12 },
    },
    fillAmount: long(5),
    triggered: false,
  });
  node.exchange.known[0] = { ...order, ...rest, ...heights, status: 'CANCELED' };
  expect(answer()).toEqual({ code: 22 });
  const none = query(node, 'clob.Query/StatefulOrder', names, {});
  expect(none).toEqual({ code: 22 });
});

test('the timestamps that an account has used are told', () => {
  const node = startNode();
  const now = BigInt(node.exchange.timeMs);
  for (let n = 0n; n < 21n; n += 1n) {
    const signing = { sequence: now + n };
    expect(node.send([stateful(Number(n))], signing).code).toBe(0);
  }
  node.commit();
  const names = ['AccountStateRequest', 'AccountStateResponse'] as const;
  const request = { address: alice.address };
  const { accountState } = query(node, 'accountplus.Query/AccountState', names, request) as {
    accountState: {
      timestampNonceDetails: { timestampNonces: object[]; maxEjectedNonce: bigint };
    };
  };
  const { timestampNonces, maxEjectedNonce } = accountState.timestampNonceDetails;
  expect(timestampNonces).toHaveLength(20);
  expect(maxEjectedNonce.toString()).toBe(String(now));
  node.exchange.timeMs += 60_000;
  expect(node.send([stateful(90)], { sequence: now + 60_000n }).code).toBe(0);
  expect(node.send([stateful(91)], { sequence: now + 60_000n }).code).toBe(32);
});

test('a simulation tells the gas, or why the transaction would fail', () => {
  const node = startNode();
  const path = '/cosmos.tx.v1beta1.Service/Simulate';
  const coin = { denom: 'adydx', amount: '1' };
  const simulate = (bytes: Buffer) =>
    ask(
      node,
      path,
      SimulateRequest.encode(SimulateRequest.fromPartial({ txBytes: bytes })).finish(),
    );
  const send = sendMessage(alice.address, bob.address, coin);
  const { value } = simulate(alice.sign([send], { ...SIGNING, fee: FEE }));
  const { gasInfo } = SimulateResponse.decode(Buffer.from(value ?? '', 'base64'));
  expect(Number(gasInfo?.gasUsed)).toBeGreaterThan(50_000);
  expect(simulate(alice.sign([send], { ...SIGNING, sequence: 4n }))).toMatchObject({
    code: 18,
    log: expect.stringContaining('expected 0, got 4: incorrect account sequence') as string,
  });
  expect(simulate(Buffer.from('hello'))).toMatchObject({ code: 18 });
  const vain = sendMessage(alice.address, bob.address, { denom: 'x', amount: '1' });
  expect(simulate(alice.sign([vain], SIGNING))).toMatchObject({
    log: expect.stringContaining('failed to execute message; message index: 0') as string,
  });
  expect(simulate(alice.sign([placed], SIGNING))).toMatchObject({ code: 0 });
});

test('only the newest state is kept', () => {
  const node = startNode();
  const path = '/dydxprotocol.feetiers.Query/PerpetualFeeParams';
  expect(ask(node, path, new Uint8Array(), 66_624_203)).toMatchObject({ code: 0 });
  expect(ask(node, path, new Uint8Array(), 66_624_202)).toMatchObject({
    code: 18,
    log: expect.stringContaining('failed to load state at height 66624202') as string,
  });
});
