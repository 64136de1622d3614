/** Sends go to the signer with the market's parameters, or are refused as certainly not sent. */
import { EMPTY, lastValueFrom, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { liveVenue } from '../../src/dydx/live.venue.js';
import type { OrderRequest } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  marketId,
  unixMs,
  type MarketId,
} from '../../src/model/quantities.js';
import { cancelOf } from '../../src/model/replacement.js';
import { NO_BLOCK } from '../../src/model/stateful-order.js';
import type { BatchCancelRequest, Signer } from '../../src/ports/signer.js';
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
  it.each([
    ['a short-term order', aRequest],
    ['an order on chain', onChain],
  ])('hands %s and its cancel to the signer', async (_name, request) => {
    const venue = venueOf(true);
    expect(await answer(venue.place(request, unixMs(1)))).toBe(taken);
    expect(await answer(venue.cancel(cancelOf(request)))).toBe(taken);
  });

  it.each([
    ['a short-term order', aRequest],
    ['an order on chain', onChain],
  ])('sends nothing for %s in a market without parameters', async (_name, request) => {
    const venue = venueOf(false);
    expect(await answer(venue.place(request, unixMs(1)))).toMatchObject({ type: 'unsent' });
    expect(await answer(venue.cancel(cancelOf(request)))).toMatchObject({ type: 'unsent' });
  });

  it('cancels several by one message, good til the last block of any of them', async () => {
    const asked: BatchCancelRequest[] = [];
    const batching = {
      batchCancel: (request: BatchCancelRequest) => {
        asked.push(request);
        return of(taken);
      },
    } as unknown as Signer;
    const specOf = (market: MarketId) => (market === aRequest.market ? btcSpec : undefined);
    const venue = liveVenue({ signer: batching, reads, specOf });
    const one = cancelOf(aRequest);
    const goodTilBlock = blockHeight(one.goodTilBlock + 3);
    const other = { ...one, clientId: clientId(one.clientId + 1), goodTilBlock };
    expect(await answer(venue.batchCancel([one, other]))).toBe(taken);
    const clientIds = [one.clientId, other.clientId];
    expect(asked).toEqual([{ cancels: [{ spec: btcSpec, clientIds }], goodTilBlock }]);
    const elsewhere = { ...one, market: marketId('XYZ-USD') };
    // What cannot be canceled keeps nothing else from being canceled.
    expect(await answer(venue.batchCancel([elsewhere, one]))).toBe(taken);
    expect(asked[1]?.cancels).toEqual([{ spec: btcSpec, clientIds: [one.clientId] }]);
    expect(await answer(venue.batchCancel([elsewhere]))).toEqual({
      type: 'unsent',
      reason: 'parameters of XYZ-USD are not known',
    });
    expect(asked).toHaveLength(2);
  });
});
