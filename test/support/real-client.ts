/** The unmodified v4-client-js, loaded as the CommonJS package that it is, for a given devnet. */
import { createRequire } from 'node:module';
import { expect, vi } from 'vitest';
import type * as Package from '@dydxprotocol/v4-client-js';
import type { Devnet } from '../../src/simulator/devnet.server.js';

const require = createRequire(import.meta.url);
export const client = require('@dydxprotocol/v4-client-js') as typeof Package;

const DENOMINATIONS = {
  USDC_DENOM: 'ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5',
  USDC_DECIMALS: 6,
  USDC_GAS_DENOM: 'uusdc',
  CHAINTOKEN_DENOM: 'adydx',
  CHAINTOKEN_DECIMALS: 18,
};

export function networkOf({ urls }: Pick<Devnet, 'urls'>, chainId = 'localdydxprotocol') {
  return new client.Network(
    'devnet',
    new client.IndexerConfig(urls.rest, urls.socket),
    new client.ValidatorConfig(urls.rpc, chainId, DENOMINATIONS, undefined, 'test'),
  );
}

const LEVELS_MIN = 6;

/** The best bids of BTC-USD, once there are some: the makers of a devnet begin with its blocks. */
export async function untilBooked({
  indexerClient,
}: Pick<Package.CompositeClient, 'indexerClient'>): Promise<readonly number[]> {
  return vi.waitFor(
    async () => {
      const book = (await indexerClient.markets.getPerpetualMarketOrderbook('BTC-USD')) as {
        readonly bids: readonly { readonly price: string }[];
      };
      expect(book.bids.length).toBeGreaterThanOrEqual(LEVELS_MIN);
      return book.bids.map(({ price }) => Number(price));
    },
    { timeout: 10_000 },
  );
}
