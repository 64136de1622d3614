/** Orders of every kind, and what a client must see of them on the wire. */
import assert from 'node:assert/strict';
import type { NewOrder } from './peer.js';
import { refusedWith, type Stage, type Step } from './steps.js';
import { until, type Json } from './wire.js';

const SIZE = 0.01;
/** Of BTC-USD; prices are whole dollars there. */
const STEP = 0.0001;
const TAKER_FEE_PPM = 500n;

/** Far from the market: these rest. */
const far = async ({ wire }: Stage): Promise<number> => Math.floor((await wire.touch()).bid * 0.8);

function nameOrder(stage: Stage, name: string): number {
  const clientId = stage.nextClientId();
  stage.clientIds.set(name, clientId);
  return clientId;
}

function clientIdOf({ clientIds }: Stage, name: string): number {
  const clientId = clientIds.get(name);
  assert.ok(clientId !== undefined, `no order ${name}`);
  return clientId;
}

/** Places an order that the account's channel then reports with these fields. */
async function placed(
  stage: Stage,
  order: NewOrder,
  fields: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { peer, wire } = stage;
  const { id } = await peer.place(order);
  const message = await wire.seen(order.clientId, fields);
  if (id !== undefined) assert.equal(message['id'], id, 'the client computes another order id');
  return wire.history(order.clientId).join(', ');
}

async function rest(stage: Stage, change: Partial<NewOrder> = {}): Promise<NewOrder> {
  const clientId = change.clientId ?? stage.nextClientId();
  const price = await far(stage);
  const order = { kind: 'resting', side: 'buy', size: SIZE, price, clientId, ...change } as const;
  await stage.helper.place(order);
  await stage.wire.seen(clientId, { status: 'BEST_EFFORT_OPENED', price: String(order.price) });
  return order;
}

const positionIs = (stage: Stage, wanted: readonly object[]) =>
  until(`positions ${JSON.stringify(wanted)}`, async () => {
    const positions = await stage.peer.positions();
    return JSON.stringify(positions) === JSON.stringify(wanted) ? positions : undefined;
  });

const SHORT_TERM_STEPS: readonly Step[] = [
  {
    name: 'market order: filled, position',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'market');
      const price = Math.ceil((await stage.wire.touch()).ask * 1.02);
      const order = { kind: 'market', side: 'buy', size: SIZE, price, clientId } as const;
      const filled = { status: 'FILLED', totalFilled: String(SIZE), clientMetadata: '1' };
      const seen = await placed(stage, order, filled);
      await positionIs(stage, [{ side: 'long', size: SIZE }]);
      return seen;
    },
  },
  {
    name: 'its fills: size, price, fee',
    run: async (stage) => {
      const { peer, wire } = stage;
      const { id } = await wire.seen(clientIdOf(stage, 'market'), { status: 'FILLED' });
      const { body } = await wire.get(`/v4/fills?address=${peer.address}&subaccountNumber=0`);
      const fills = (body as { readonly fills: readonly Json[] }).fills.filter(
        ({ orderId }) => orderId === id,
      );
      const steps = fills.map(({ size }) => Math.round(Number(size) / STEP));
      assert.equal(
        steps.reduce((sum, part) => sum + part, 0),
        Math.round(SIZE / STEP),
      );
      for (const { price, size, fee, side, liquidity } of fills) {
        assert.deepEqual([side, liquidity], ['BUY', 'TAKER']);
        const microUsdc = BigInt(String(price)) * BigInt(Math.round(Number(size) / STEP)) * 100n;
        const wanted = (microUsdc * TAKER_FEE_PPM + 999_999n) / 1_000_000n;
        assert.equal(BigInt(Math.round(Number(fee) * 1e6)), wanted);
      }
      return `${fills.length} of 5 basis points`;
    },
  },
  {
    name: 'the id of a filled order again',
    run: async (stage) => {
      const { peer, wire } = stage;
      const price = Math.ceil((await wire.touch()).ask * 1.02);
      const goodTilBlock = (await peer.height()) + 20;
      const clientId = clientIdOf(stage, 'market');
      const order = { kind: 'market', side: 'buy', size: SIZE, price, clientId } as const;
      return refusedWith(24, peer.place({ ...order, goodTilBlock }));
    },
  },
  {
    name: 'immediate order that finds nothing',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'ioc');
      const order = {
        kind: 'ioc',
        side: 'buy',
        size: SIZE,
        price: await far(stage),
        clientId,
      } as const;
      const removalReason = 'ORDER_REMOVAL_REASON_IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK';
      const seen = await placed(stage, order, { removalReason });
      const id = (await stage.wire.seen(clientId, { removalReason }))['id'];
      assert.equal((await stage.wire.get(`/v4/orders/${String(id)}`)).status, 404);
      return `${seen}, 404`;
    },
  },
  {
    name: 'the id of an unfilled order again',
    run: async (stage) => {
      const { peer } = stage;
      const clientId = clientIdOf(stage, 'ioc');
      const price = await far(stage);
      const goodTilBlock = (await peer.height()) + 25;
      const order = {
        kind: 'ioc',
        side: 'buy',
        size: SIZE,
        price,
        clientId,
        goodTilBlock,
      } as const;
      const goodTil = { goodTilBlock: String(goodTilBlock) };
      return placed(stage, order, { ...goodTil, status: 'BEST_EFFORT_CANCELED' });
    },
  },
  {
    name: 'good-til-block too far ahead',
    run: async (stage) => {
      const { peer } = stage;
      const goodTilBlock = (await peer.height()) + 60;
      const order = { kind: 'ioc', side: 'buy', size: SIZE, price: await far(stage) } as const;
      const clientId = stage.nextClientId();
      return refusedWith(11, peer.place({ ...order, clientId, goodTilBlock }));
    },
  },
  {
    name: 'replacement: same id, later block',
    run: async (stage) => {
      const { peer } = stage;
      const height = await peer.height();
      const old = await rest(stage, { goodTilBlock: height + 10 });
      const order = { ...old, price: old.price + 10, goodTilBlock: height + 15 };
      const fields = { status: 'BEST_EFFORT_OPENED', price: String(order.price) };
      const seen = await placed(stage, order, fields);
      await peer.cancel({ clientId: order.clientId, flags: 0, goodTilBlock: height + 15 });
      assert.match(seen, /BEST_EFFORT_CANCELED REPLACED, BEST_EFFORT_OPENED$/);
      return seen;
    },
  },
  {
    name: 'cancel of a short-term order',
    run: async (stage) => {
      const { peer, wire } = stage;
      const goodTilBlock = (await peer.height()) + 15;
      const { clientId } = await rest(stage, { goodTilBlock });
      const cancel = { clientId, flags: 0, goodTilBlock } as const;
      await peer.cancel(cancel);
      const removalReason = 'ORDER_REMOVAL_REASON_USER_CANCELED';
      await wire.seen(clientId, { status: 'BEST_EFFORT_CANCELED', removalReason });
      const again = await refusedWith(9, peer.cancel(sooner(cancel)));
      return `${wire.history(clientId).join(', ')}; again: ${again}`;
    },
  },
  {
    name: 'batch cancel',
    run: async (stage) => {
      const { peer, wire } = stage;
      const goodTilBlock = (await peer.height()) + 15;
      const first = await rest(stage, { goodTilBlock });
      const second = await rest(stage, { goodTilBlock });
      const clientIds = [first.clientId, second.clientId];
      await peer.cancelMany(clientIds, goodTilBlock);
      for (const clientId of clientIds)
        await wire.seen(clientId, { status: 'BEST_EFFORT_CANCELED' });
      return '2 canceled';
    },
  },
];

/** Other bytes than the first cancel, which the node would know as the same transaction. */
const sooner = <T extends { readonly goodTilBlock: number }>(cancel: T): T => ({
  ...cancel,
  goodTilBlock: cancel.goodTilBlock - 1,
});

const STATEFUL_STEPS: readonly Step[] = [
  {
    name: 'limit order good til time: open',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'gtt');
      const order = {
        kind: 'gtt',
        side: 'buy',
        size: SIZE,
        price: await far(stage),
        clientId,
      } as const;
      return placed(stage, order, { status: 'OPEN', orderFlags: '64', goodTilBlock: undefined });
    },
  },
  {
    name: 'the same stateful id again',
    run: async (stage) => {
      const clientId = clientIdOf(stage, 'gtt');
      const price = (await far(stage)) + 5;
      const order = { kind: 'gtt', side: 'buy', size: SIZE, price, clientId } as const;
      return refusedWith(3005, stage.peer.place(order));
    },
  },
  {
    name: 'post-only that rests',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'postOnly');
      const price = await far(stage);
      const order = { kind: 'postOnly', side: 'buy', size: SIZE, price, clientId } as const;
      return placed(stage, order, { status: 'OPEN', postOnly: true });
    },
  },
  {
    name: 'post-only that would cross',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'crossing');
      const price = Math.ceil((await stage.wire.touch()).ask * 1.02);
      const order = { kind: 'postOnly', side: 'buy', size: SIZE, price, clientId } as const;
      const removalReason = 'ORDER_REMOVAL_REASON_POST_ONLY_WOULD_CROSS_MAKER_ORDER';
      return placed(stage, order, { status: 'CANCELED', removalReason });
    },
  },
  {
    name: 'reduce-only that rests',
    run: async (stage) => {
      const price = await far(stage);
      const clientId = stage.nextClientId();
      const order = { kind: 'gtt', side: 'sell', size: SIZE, price, clientId } as const;
      return refusedWith(9003, stage.peer.place({ ...order, reduceOnly: true }));
    },
  },
  {
    name: 'stop loss: untriggered',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'stopLoss');
      const price = await far(stage);
      const order = { kind: 'stopLoss', side: 'sell', size: SIZE, price, clientId } as const;
      const trigger = price + 50;
      const fields = { status: 'UNTRIGGERED', triggerPrice: String(trigger), orderFlags: '32' };
      return placed(stage, { ...order, trigger }, fields);
    },
  },
  {
    name: 'take profit: triggered, position closed',
    run: async (stage) => {
      const clientId = nameOrder(stage, 'takeProfit');
      const price = await far(stage);
      const trigger = Math.floor((await stage.wire.oracle()) * 0.97);
      const order = { kind: 'takeProfit', side: 'sell', size: SIZE, price, clientId } as const;
      const seen = await placed(stage, { ...order, trigger }, { status: 'FILLED' });
      assert.match(seen, /UNTRIGGERED/);
      await positionIs(stage, []);
      return seen;
    },
  },
];

const READING_STEPS: readonly Step[] = [
  {
    name: 'orders by id, open, filled, all',
    run: async (stage) => {
      const { peer, wire } = stage;
      const market = clientIdOf(stage, 'market');
      const { id } = await wire.seen(market, { status: 'FILLED' });
      const filled = { id: String(id), clientId: String(market), status: 'closed', size: SIZE };
      assert.deepEqual(await peer.order(String(id)), filled);
      const idsOf = async (status?: 'OPEN' | 'FILLED') =>
        (await peer.orders(status)).map(({ clientId }) => clientId);
      const open = await idsOf('OPEN');
      for (const name of ['gtt', 'postOnly']) assert.ok(open.includes(named(stage, name)), name);
      assert.ok(!open.includes(named(stage, 'stopLoss')), 'an untriggered order is open');
      assert.ok((await idsOf('FILLED')).includes(named(stage, 'market')), 'not among the filled');
      const all = await idsOf();
      assert.ok(all.includes(named(stage, 'stopLoss')) && all.includes(named(stage, 'gtt')));
      assert.ok(!all.includes(named(stage, 'ioc')), 'an order that never filled is stored');
      return `${open.length} open of ${all.length}`;
    },
  },
  {
    name: 'cancel of a long-term order',
    run: (stage) => canceled(stage, 'gtt', 64),
  },
  {
    name: 'cancel of a conditional order',
    run: (stage) => canceled(stage, 'stopLoss', 32),
  },
  {
    name: 'cancel of an unknown order',
    run: (stage) => {
      const clientId = stage.nextClientId();
      return refusedWith(3006, stage.peer.cancel({ clientId, flags: 64 }));
    },
  },
];

const named = (stage: Stage, name: string): string => String(clientIdOf(stage, name));

async function canceled(stage: Stage, name: string, flags: 32 | 64): Promise<string> {
  const clientId = clientIdOf(stage, name);
  await stage.peer.cancel({ clientId, flags });
  const removalReason = 'ORDER_REMOVAL_REASON_USER_CANCELED';
  const { id } = await stage.wire.seen(clientId, { status: 'CANCELED', removalReason });
  assert.equal((await stage.peer.order(String(id))).status, 'canceled');
  return stage.wire.history(clientId).join(', ');
}

export const ORDER_STEPS: readonly Step[] = [
  ...SHORT_TERM_STEPS,
  ...STATEFUL_STEPS,
  ...READING_STEPS,
];
