/** The real venue: sends go to the signing thread, reads to the indexer and a validator. */
import { of } from 'rxjs';
import type { MarketSpec } from '../model/market.js';
import { blockHeight, type MarketId } from '../model/quantities.js';
import type { Signer } from '../ports/signer.js';
import type { SendAnswer, VenuePort } from '../ports/venue.js';
import type { VenueReads } from './indexer.client.js';

export interface LiveVenueOptions {
  readonly signer: Signer;
  readonly reads: VenueReads;
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
}

export function liveVenue({ signer, reads, specOf }: LiveVenueOptions): VenuePort {
  return {
    ...reads,
    place(request, expiresAt) {
      const spec = specOf(request.market);
      return spec ? signer.place(request, spec, expiresAt) : of(unknownMarket(request.market));
    },
    cancel(request) {
      const spec = specOf(request.market);
      return spec ? signer.cancel(request, spec) : of(unknownMarket(request.market));
    },
    batchCancel(requests) {
      const markets = [...new Set(requests.map(({ market }) => market))];
      const unknown = markets.find((market) => specOf(market) === undefined);
      if (unknown !== undefined) return of(unknownMarket(unknown));
      const cancels = markets.flatMap((market) => {
        const ofMarket = requests.filter((request) => request.market === market);
        const clientIds = ofMarket.map(({ clientId }) => clientId);
        return [specOf(market) ?? []].flat().map((spec) => ({ spec, clientIds }));
      });
      // Never below any of the orders' own: such a cancel would cancel nothing.
      const goodTilBlock = blockHeight(Math.max(...requests.map((one) => one.goodTilBlock)));
      return signer.batchCancel({ cancels, goodTilBlock });
    },
  };
}

const unknownMarket = (market: MarketId): SendAnswer => ({
  type: 'unsent',
  reason: `parameters of ${market} are not known`,
});
