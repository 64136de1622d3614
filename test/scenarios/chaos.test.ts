/** Everything at once, from a seed: cuts, lost answers, outages and kills; and at the end the books are right. */
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { VirtualService } from '../support/virtual-service.js';

const seeds = Array.from(
  { length: Number(process.env['SEEDS'] ?? 3) },
  (_, index) => index + Number(process.env['FROM'] ?? 1),
);
const MARKETS = ['BTC-USD', 'ETH-USD'];

it.each(seeds)(
  'seed %i: whatever goes wrong, the books end equal to the exchange',
  async (seed) => {
    const random = seededRandom(seed);
    const service = new VirtualService({ seed, preset: 'busy' });
    const trace: string[] = [];
    await service.ready();
    for (let step = 0; step < 60; step += 1) {
      const dice = random.integer(12);
      trace.push(`${service.clock.now()} ${dice}`);
      if (dice === 0) service.cutSockets();
      else if (dice === 1) service.sendFault = 'reply-lost';
      else if (dice === 2) service.sendFault = 'request-lost';
      else if (dice === 3) service.isRestDown = true;
      else if (dice === 4) {
        service.isRestDown = false;
        await service.restart();
      } else {
        service.sendFault = 'none';
        service.isRestDown = false;
        try {
          service.decide(
            MARKETS[random.integer(2)] ?? '',
            random.integer(2) === 0 ? 'buy' : 'sell',
          );
        } catch {
          trace.push('no book');
        }
      }
      await service.clock.advance(random.integer(dice < 5 ? 400 : 1500) + 1);
    }
    service.sendFault = 'none';
    service.isRestDown = false;
    const problems = (): unknown[] => {
      const found: unknown[] = [];
      for (const market of MARKETS) {
        if (service.position(market) !== service.venuePosition(market))
          found.push([market, service.position(market), service.venuePosition(market)]);
        if (service.position(market) !== 0n) found.push('not flat');
      }
      if (service.root.core.orders.live().length > 0)
        found.push(['live', service.root.core.orders.live()]);
      if (service.root.core.usdc() !== service.venueUsdc())
        found.push(['usdc', service.root.core.usdc(), service.venueUsdc()]);
      return found;
    };
    for (let second = 0; second < 60 && (second < 10 || problems().length > 0); second += 1)
      await service.clock.advance(1_000);
    const errors = service.log.filter(
      ({ level, event }) =>
        level === 'error' && !['venue.unreachable', 'risk.level'].includes(event),
    );
    expect({ problems: problems(), errors }).toEqual({ problems: [], errors: [] });
    const fills = service.entries('fill').map(({ fill }) => fill.fillId);
    expect(new Set(fills).size).toBe(fills.length);
    expect(fills.length).toBeGreaterThan(4);
    const ids = service.entries('order.intent').map(({ request }) => request.clientId);
    expect(new Set(ids).size).toBe(ids.length);
    const { received, applied, rejected, quarantined } = service.root.pipeline.counts;
    expect(received).toBe(applied + rejected + quarantined);
  },
);
