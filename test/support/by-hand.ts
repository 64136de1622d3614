/** Somebody else buys with our key, in the first market and in its smallest size. */
import type { VirtualService } from './virtual-service.js';

export function buyByHand(service: VirtualService): void {
  const market = service.host.exchange.markets()[0]?.market;
  const ask = service.host.exchange.book(market?.clobPairId ?? 0, 1).asks[0];
  service.placeByHand({
    side: 'BUY',
    quantums: market?.stepBaseQuantums ?? 0n,
    subticks: ask?.subticks ?? 0n,
  });
}
