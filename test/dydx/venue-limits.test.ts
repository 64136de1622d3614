/** The limits as a node answers queries for them: written by the exchange, read by us. */
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  readBlockRates,
  readEquityTiers,
  readLeverage,
  leverageOf,
} from '../../src/dydx/venue-limits.codec.js';
import { DEFAULT_LIMITS } from '../../src/simulator/chain/chain-limits.js';
import { queries } from '../../src/simulator/validator/proto-codecs.codec.js';
import { ACCOUNT } from '../support/exchange-ground.js';
import { VirtualService } from '../support/virtual-service.js';

describe('the limits of the chain', () => {
  it('are read as the exchange has them, with the leverage of the account', async () => {
    const service = new VirtualService();
    await service.start();
    const asked = service.limits$();
    const limits = await Promise.all([firstValueFrom(asked), service.clock.advance(100)]);
    expect(limits[0]).toEqual({
      shortTerm: DEFAULT_LIMITS.shortTerm,
      stateful: DEFAULT_LIMITS.stateful,
      leverageUpdates: [],
      equityTiers: DEFAULT_LIMITS.equityTiers.map(({ collateralRequired, limit }) => ({
        equity: collateralRequired,
        limit,
      })),
      marginPpm: [],
    });
  });

  it('of an account are asked for by its address and number', () => {
    for (const number of [0, 1, 300]) {
      const { data } = leverageOf({ address: ACCOUNT.owner, number });
      const decoded = queries.clob.QueryLeverageRequest.decode(Buffer.from(data, 'hex'));
      expect(decoded).toMatchObject({ owner: ACCOUNT.owner, number });
    }
  });

  it('of leverage are margins by market', () => {
    const bytes = Buffer.from('0a0408051 0d086030a021064'.replaceAll(' ', ''), 'hex');
    expect(() => readLeverage(bytes)).toThrow('protobuf');
    const good = Buffer.from('0a0608051 0d08603'.replaceAll(' ', ''), 'hex');
    expect(readLeverage(good)).toEqual([{ venueNumber: 5, ppm: 50_000 }]);
  });

  it.each([
    ['nothing', '', 'expected a block rate configuration'],
    ['what is cut off', '0a0a1204', 'cut off'],
    ['a number without an end', '0aff', 'a bad number'],
    ['a fixed number', '0d01020304', 'wire type 5'],
    ['text for a number', '0a08220608051202abcd', 'protobuf'],
  ])('are refused when they are %s', (_, hex, words) => {
    expect(() => readBlockRates(Buffer.from(hex, 'hex'))).toThrow(words);
  });

  it('that name an unknown sign or no tiers at all are refused', () => {
    expect(() => readEquityTiers(Buffer.from(''))).toThrow('expected equity tiers');
    expect(() => readEquityTiers(Buffer.from('0a0512030a0107', 'hex'))).toThrow('sign 7');
    const debt = readEquityTiers(Buffer.from('0a061204 0a020305'.replaceAll(' ', ''), 'hex'));
    expect(debt).toEqual([{ equity: -5n, limit: 0 }]);
  });
});
