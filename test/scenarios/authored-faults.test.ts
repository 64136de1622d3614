/** A user's strategy that breaks halts the service, latched, and kills nothing; one that works trades. */
import { expect, it } from 'vitest';
import type { AuthoredStrategy } from '../../src/ports/strategy.js';
import { VirtualService } from '../support/virtual-service.js';

const flags = { strategies: [{ file: './mine.ts', maxHoldSeconds: 3_600 }], markets: ['BTC-USD'] };

it('halts when it throws look after look, and the service lives on', async () => {
  let looks = 0;
  const authored = (): AuthoredStrategy => ({
    decide: () => {
      looks += 1;
      throw new Error('out of luck');
    },
  });
  const service = new VirtualService({ flags, authored });
  await service.start();
  await service.until(() => service.root.riskLevel === 'halted');
  await service.clock.advance(5_000);
  expect([looks, service.root.state]).toEqual([5, 'trading']);
  const latched = service.entries('risk.latched').map(({ breach }) => breach);
  expect(latched).toMatchObject([{ cause: 'strategy.fault' }]);
  expect(latched[0]?.evidence).toContain('mine threw: out of luck (5 looks in a row');
  const [newest] = service.control.decisions();
  expect(newest?.reasons[0]?.text).toBe('mine is given up after 5 faults in a row');
});

it('enters a position that it then sees as its own', async () => {
  const seen = new Set<number>();
  const authored = (): AuthoredStrategy => ({
    decide: ({ position, signals }) => {
      seen.add(position.steps);
      const scores = Object.values(signals?.scores ?? {});
      const isWarm = scores.length === 4 && scores.every(({ warm }) => warm);
      if (!isWarm) return { type: 'hold', reasons: ['cold'] };
      return { type: 'enter', side: 'buy', confidence: 0.9, reasons: ['always'] };
    },
  });
  const service = new VirtualService({ flags, authored });
  await service.start();
  await service.until(() => service.position('BTC-USD') > 0n, 120_000);
  await service.until(() => seen.size > 1);
  const spec = service.root.pipeline.fold.spec('BTC-USD' as never);
  expect(seen).toContain(Number(service.position('BTC-USD')) / Number(spec?.step));
});
