/** Sends go to the signer with the market's parameters, or are refused as certainly not sent. */
import { EMPTY, lastValueFrom, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { liveVenue } from '../../src/dydx/live.venue.js';
import type { OrderRequest } from '../../src/model/order.js';
import { unixMs } from '../../src/model/quantities.js';
import { cancelOf } from '../../src/model/replacement.js';
import { NO_BLOCK } from '../../src/model/stateful-order.js';
import type { Signer } from '../../src/ports/signer.js';
import type { SendAnswer } from '../../src/ports/venue.js';
import { aRequest, btcSpec } from '../support/money-samples.js';

const taken: SendAnswer = { type: 'accepted', txHash: 'TX', broadcastAt: unixMs(0) };
const signer = { place: () => of(taken), cancel: () => of(taken) } as unknown as Signer;
const reads = { order: () => EMPTY } as unknown as Parameters<typeof liveVenue>[0]['reads'];
const venueOf = (isKnown: boolean) =>
  liveVenue({ signer, reads, specOf: () => (isKnown ? btcSpec : undefined) });
const onChain: OrderRequest = {
  ...aRequest,
  goodTilBlock: NO_BLOCK,
  stateful: { kind: 'longTerm', goodTilTime: unixMs(1000), includeBy: unixMs(500) },
};
const answer = (answer$: Observable<SendAnswer>) => lastValueFrom(answer$);

describe('the live venue', () => {
  it('hands a short-term order and its cancel to the signer', async () => {
    const venue = venueOf(true);
    expect(await answer(venue.place(aRequest, unixMs(1)))).toBe(taken);
    expect(await answer(venue.cancel(cancelOf(aRequest)))).toBe(taken);
  });

  it.each([
    ['a market without parameters', venueOf(false), aRequest],
    ['an order on chain', venueOf(true), onChain],
  ])('sends nothing for %s', async (_name, venue, request) => {
    expect(await answer(venue.place(request, unixMs(1)))).toMatchObject({ type: 'unsent' });
    expect(await answer(venue.cancel(cancelOf(request)))).toMatchObject({ type: 'unsent' });
  });
});
