/**
 * Cuts, lost answers, outages and kills in an order that a seed decides: afterwards every order is
 * resolved, every fill is booked once, and positions and USDC are the exchange's.
 */
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/clock/seeded-random.js';
import type { Random } from '../../src/ports/random.js';
import { VirtualService } from '../support/virtual-service.js';

const MARKETS = ['BTC-USD', 'ETH-USD'];
const STEPS = 120;
/** Expected where sockets are cut: the way back is not an error. */
const PASSING = new Set(['venue.unreachable', 'risk.level']);

async function misfortune(service: VirtualService, random: Random): Promise<number> {
  switch (random.integer(25)) {
    case 0:
      service.cutSockets();
      return 400;
    case 1:
      service.sendFault = 'reply-lost';
      return 400;
    case 2:
      service.sendFault = 'request-lost';
      return 400;
    case 3:
      service.isRestDown = true;
      return 1_500;
    case 4:
      service.isRestDown = false;
      await service.restart();
      return 400;
    default:
      service.sendFault = 'none';
      service.isRestDown = false;
      for (const market of MARKETS) {
        const hasBook = service.control
          .markets()
          .some((one) => one.market === market && one.bestAsk);
        if (hasBook) service.decide(market, random.integer(2) === 0 ? 'buy' : 'sell');
      }
      return 1_000;
  }
}

function differences(service: VirtualService): readonly string[] {
  const { core } = service.root;
  const positions = MARKETS.flatMap((market) => {
    const [ours, venue] = [service.position(market), service.venuePosition(market)];
    return ours === 0n && venue === 0n ? [] : [`${market}: ours ${ours}, venue ${venue}`];
  });
  const orders = core.orders.live().map(({ request, state }) => `${request.intentId} ${state}`);
  const [ours, venue] = [core.usdc(), service.venueUsdc()];
  return [
    ...positions,
    ...orders,
    ...(ours === venue ? [] : [`USDC: ours ${ours}, venue ${venue}`]),
  ];
}

it.each([1, 2, 3, 69])('seed %i: the books end equal to the exchange', async (seed) => {
  const random = seededRandom(seed);
  const strategies = [{ minConfidence: 1, maxHoldSeconds: 2, coolDownSeconds: 1 }];
  const service = new VirtualService({ seed, preset: 'busy', flags: { strategies } });
  await service.ready();
  for (let step = 0; step < STEPS; step += 1) {
    const waitMs = await misfortune(service, random);
    await service.clock.advance(1 + random.integer(waitMs));
  }
  service.sendFault = 'none';
  service.isRestDown = false;
  await service.clock.advance(5_000);
  await service.until(() => differences(service).length === 0);
  await service.clock.advance(20_000);
  expect(differences(service)).toEqual([]);
  expect(
    service.log.filter(({ level, event }) => level === 'error' && !PASSING.has(event)),
  ).toEqual([]);
  const fills = service.entries('fill').map(({ fill }) => fill.fillId);
  expect(fills.length).toBeGreaterThan(0);
  expect(new Set(fills).size).toBe(fills.length);
  const numbers = service.entries('order.intent').map(({ request }) => request.clientId);
  expect(new Set(numbers).size).toBe(numbers.length);
  const { received, applied, rejected, quarantined } = service.root.pipeline.counts;
  expect(received).toBe(applied + rejected + quarantined);
});
