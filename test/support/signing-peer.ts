/** A devnet, and built signing threads against it. */
import { filter, firstValueFrom } from 'rxjs';
import { RealClock, wallNow } from '../../src/clock/real.clock.js';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { addressOfKey, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { orderIdOf } from '../../src/dydx/order-id.codec.js';
import { startSigner, type SignerOptions } from '../../src/dydx/validator.client.js';
import type { ValidatorSigner } from '../../src/dydx/validator.client.js';
import type { Subaccount } from '../../src/model/account.js';
import type { OrderRequest } from '../../src/model/order.js';
import { blockHeight, clientId, price, size, unixMs, usd } from '../../src/model/quantities.js';
import { unwrap } from '../../src/model/result.js';
import { createExchange } from '../../src/simulator/chain/exchange.js';
import { startDevnet, type Devnet } from '../../src/simulator/devnet.server.js';
import { marketsOf } from '../../src/simulator/real-markets.js';
import { BTC, btc } from '../dydx/samples.js';
import { THREADS } from './built-program.js';

export const addressOfHex = (privateKey: string): string =>
  addressOfKey(unwrap(readPrivateKey(privateKey)));

export const LIMITS = {
  markets: ['BTC-USD'],
  subaccountNumbers: [0],
  orderNotionalMax: usd(100_000_000n),
  goodTilBlocksMax: 40,
} as const;

export interface Peer {
  readonly devnet: Devnet;
  readonly clock: RealClock;
  readonly logged: string[];
  fund(address: string): Promise<void>;
  /** Ended by `close`. */
  sign(options: Partial<SignerOptions> & Pick<SignerOptions, 'key' | 'account'>): ValidatorSigner;
  close(): Promise<void>;
}

export async function startPeer(markets = 1): Promise<Peer> {
  const clock = new RealClock();
  const exchange = createExchange({
    ...marketsOf(markets),
    seed: 7,
    startTimeMs: Math.floor(clock.now()),
    startHeight: 1000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset: 'calm',
  });
  const devnet = await startDevnet({
    port: 0,
    clock,
    random: seededRandom(7),
    exchange,
    blockMs: 100,
  });
  const logged: string[] = [];
  const signers: ValidatorSigner[] = [];
  const faucet = (path: string, body: object) =>
    fetch(`${devnet.urls.rest}/faucet/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return {
    devnet,
    clock,
    logged,
    fund: async (address) => {
      await faucet('tokens', { address, subaccountNumber: 0, amount: 50_000 });
      await faucet('native-token', { address });
    },
    sign: (options) => {
      const signer = startSigner({
        network: { chainId: 'localdydxprotocol', rpcUrls: [devnet.urls.rpc] },
        limits: LIMITS,
        clock,
        log: {
          write: (level, event, fields) =>
            void logged.push(`${level} ${event} ${JSON.stringify(fields)}`),
        },
        startThread: THREADS.signer,
        ...options,
      });
      signers.push(signer);
      return signer;
    },
    close: async () => {
      await Promise.all(signers.map((signer) => signer.close()));
      await devnet.close();
      clock.stop();
    },
  };
}

/** Resolves with `ready`, `refused` or `closed`, whichever comes first. */
export const settled = (signer: ValidatorSigner): Promise<string> =>
  firstValueFrom(
    signer.state$.pipe(filter((state) => state !== 'starting' && state !== 'restarting')),
  );

/** Two steps far below the market, so that it rests. */
export const restingOrder = (
  number: number,
  owner: Subaccount,
  change: Partial<OrderRequest> = {},
): OrderRequest => ({
  orderId: orderIdOf({
    subaccount: owner,
    clientId: clientId(number),
    venueNumber: btc.venueNumber,
  }),
  clientId: clientId(number),
  intentId: 'i',
  strategy: 's',
  market: BTC,
  side: 'buy',
  size: size(2n * btc.step),
  price: price(10n * btc.tick),
  timeInForce: 'gtt',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(1030),
  newestFrameAt: unixMs(0),
  heldMs: 0,
  ...change,
});

export const soon = () => unixMs(wallNow() + 5000);
