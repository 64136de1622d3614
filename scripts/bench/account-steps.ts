/** Accounts and money: the key that the chain learns, balances, and money in, out and across. */
import assert from 'node:assert/strict';
import type { Step, Stage } from './steps.js';
import { until } from './wire.js';

const FUNDED_USDC = 50_000;
const NATIVE = { ready: 200 };

const freeOf = ({ peer }: Stage): Promise<number> => peer.freeCollateral();

/** The row that a movement of money leaves in the account's transfers. */
async function moved(
  { peer }: Stage,
  type: 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL',
  size: number,
): Promise<string> {
  await until(`${type} of ${size}`, async () =>
    (await peer.movements(type)).find((row) => row.size === size),
  );
  return `${size} USDC`;
}

export const ACCOUNT_STEPS: readonly Step[] = [
  {
    name: 'faucet, account, balance',
    run: async (stage) => {
      assert.equal(await stage.wire.fund(FUNDED_USDC), 200);
      assert.deepEqual(await stage.peer.accounts(), [0]);
      assert.equal(await freeOf(stage), FUNDED_USDC);
      assert.deepEqual(await stage.peer.positions(), []);
      return `${FUNDED_USDC} USDC free`;
    },
  },
  {
    name: 'no key before the first committed tx',
    run: async ({ peer }) => {
      assert.equal(await peer.publicKey(), undefined);
      return 'none';
    },
  },
  {
    name: 'first committed tx tells the key',
    run: async (stage) => {
      const { peer, helper, wire } = stage;
      const clientId = stage.nextClientId();
      const { bid } = await wire.touch();
      const price = Math.floor(bid * 0.5);
      await helper.place({ kind: 'gtt', side: 'buy', size: 0.001, price, clientId });
      const key = await until('the key', () => peer.publicKey());
      assert.equal(Buffer.from(key, 'base64').length, 33);
      await wire.seen(clientId, { status: 'OPEN' });
      await helper.cancel({ clientId, flags: 64 });
      await wire.seen(clientId, { status: 'CANCELED' });
      return key.slice(0, 8);
    },
  },
];

export const MONEY_STEPS: readonly Step[] = [
  {
    name: 'withdraw to the own wallet',
    run: async (stage) => {
      const { peer, wire } = stage;
      assert.equal(
        await wire.post('/faucet/native-token', { address: peer.address }),
        NATIVE.ready,
      );
      const before = await freeOf(stage);
      await peer.withdraw(1_000.5);
      const seen = await moved(stage, 'WITHDRAWAL', 1_000.5);
      assert.ok(before - (await freeOf(stage)) > 900, 'the money is still there');
      return seen;
    },
  },
  {
    name: 'deposit from the own wallet',
    run: async (stage) => {
      await stage.peer.deposit(400.25);
      return moved(stage, 'DEPOSIT', 400.25);
    },
  },
  {
    name: 'transfer to another subaccount',
    run: async (stage) => {
      await stage.peer.transfer(250, 1);
      const seen = await moved(stage, 'TRANSFER', 250);
      assert.deepEqual(new Set(await stage.peer.accounts()), new Set([0, 1]));
      return seen;
    },
  },
];
