/**
 * The two walks of ARCHITECTURE.md, step by step: one tick becomes one order, one fill one position.
 */
import { firstValueFrom, take, toArray } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { emitted$, state$, stateName } from '../src/app/actor-observables.js';
import { holesOf } from '../machines/unprovided.machine.js';
import type { StrategyReport } from '../src/model/facts.js';
import type { Input } from '../src/app/inbox.js';
import { VirtualService } from './support/virtual-service.js';

const service = new VirtualService({
  flags: { strategies: [{ minConfidence: 0.2, maxHoldSeconds: 4, maxPositions: 1 }] },
  preset: 'trend',
  markets: 2,
});
const inputs: Input[] = [];
const wishes: StrategyReport[] = [];
const states: string[] = [];

beforeAll(async () => {
  service.root.world.inbox.inputs$.subscribe((input) => inputs.push(input));
  await service.start();
  const strategy = service.root.child('strategy.sniper');
  if (strategy === undefined) throw new Error('no strategy');
  emitted$(strategy).subscribe((report) => wishes.push(report as StrategyReport));
  await service.until(() => service.entries('fill').length > 0, 120_000);
  const market = service.entries('fill')[0]?.fill.market ?? '';
  await service.until(
    () => service.entries('order.intent').length > 1 && service.position(market) === 0n,
    30_000,
  );
});

describe('one tick to one order', () => {
  it('1–2: bytes arrive on a live connection and become numbered, stamped inputs', () => {
    const frames = inputs.filter(({ kind }) => kind === 'frame');
    expect(frames.length).toBeGreaterThan(100);
    expect(
      inputs.every(
        (input, index) => index === 0 || input.number === (inputs[index - 1]?.number ?? 0) + 1,
      ),
    ).toBe(true);
    expect(
      inputs.every((input, index) => index === 0 || input.at >= (inputs[index - 1]?.at ?? 0)),
    ).toBe(true);
  });

  it('3–4: they are decoded, none is lost, and each turn ends in one look at the markets', () => {
    const { received, applied } = service.root.pipeline.counts;
    expect(applied).toBe(received);
    expect(inputs.filter(({ kind }) => kind === 'flush').length).toBeGreaterThan(10);
  });

  it('5: four scores of the market are warm', () => {
    const [fill] = service.entries('fill');
    const scores = service.control.signals().filter(({ market }) => market === fill?.fill.market);
    expect(scores.map(({ warm }) => warm)).toEqual([true, true, true, true]);
  });

  it('6: a verdict that lasted is a decision with its reasons', () => {
    const [decision] = service.logged('decision.enter');
    expect(decision?.['confidence']).toBeGreaterThan(0.2);
    expect(decision?.['reasons']).toMatch(/confidence 0\.\d+ > 0\.20/);
  });

  it('7: the position asks for an entry', () => {
    const wish = wishes.find((report) => report.type === 'order.wish');
    expect(wish).toMatchObject({ wish: { purpose: 'entry', strategy: 'sniper' } });
  });

  it('8–10: it becomes an approved request on tick and step that dies with its height', () => {
    const [intent] = service.entries('order.intent');
    const { request } = intent ?? {};
    const spec = service.root.pipeline.fold.spec(request?.market ?? ('' as never));
    expect((request?.price ?? 1n) % (spec?.tick ?? 0n)).toBe(0n);
    expect((request?.size ?? 1n) % (spec?.step ?? 0n)).toBe(0n);
    expect(request).toMatchObject({ timeInForce: 'ioc', reduceOnly: false, purpose: 'entry' });
    expect(request?.orderId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('11–13: the intent is durable before the venue answers, and the send is timed', () => {
    const types = service.rows.map(({ entry }) => entry.type);
    expect(types.indexOf('order.intent')).toBeLessThan(types.indexOf('order.sent'));
    expect(service.entries('order.sent')[0]?.answer.type).toBe('accepted');
    expect(service.root.core.latency.figures().p50).toBeGreaterThan(0);
  });
});

describe('one fill to one position', () => {
  it('1–3: the fill is booked once, journaled, and is the order’s', () => {
    const ids = service.entries('fill').map(({ fill }) => fill.fillId);
    expect(new Set(ids).size).toBe(ids.length);
    const [fill] = service.entries('fill');
    expect(fill?.fill.orderId).toBe(service.entries('order.intent')[0]?.request.orderId);
    expect(fill?.strategy).toBe('sniper');
  });

  it('4–5: the position hears of it before the order ends, and is long or short', () => {
    const moves = service.logged('position').map(({ state }) => state);
    expect(moves.slice(0, 2)).toEqual(['flat', 'entering']);
    expect(moves).toContain(service.entries('fill')[0]?.fill.side === 'buy' ? 'long' : 'short');
    expect(service.entries('order.end')[0]).toMatchObject({ end: 'filled' });
  });

  it('6–7: at its age it is left reduce-only, and books and exchange agree', () => {
    const exit = service.entries('order.intent').find(({ request }) => request.purpose === 'exit');
    expect(exit?.request.reduceOnly).toBe(true);
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
    expect(service.control.risk().level).toBe('active');
  });
});

describe('the machines', () => {
  it('have no hole left unfilled', () => {
    const { risk, connection, orderDesk, strategy } = service.root.actor.logic.implementations
      .actors as Record<string, Parameters<typeof holesOf>[0]>;
    const inner = [
      orderDesk?.implementations.actors['order'],
      strategy?.implementations.actors['position'],
    ];
    for (const machine of [
      service.root.actor.logic,
      risk,
      connection,
      orderDesk,
      strategy,
      ...inner,
    ]) {
      expect(holesOf(machine as Parameters<typeof holesOf>[0])).toEqual([]);
    }
  });

  it('replay their state to whoever comes late, and complete when they end', async () => {
    const name$ = state$(service.root.actor, ({ value }) => stateName(value));
    expect(await firstValueFrom(name$)).toBe('trading');
    const rest = firstValueFrom(name$.pipe(take(10), toArray()));
    const ended = firstValueFrom(emitted$(service.root.actor).pipe(toArray()));
    service.root.world.inbox.enter('fact', 'test', () =>
      service.root.hub.service$.next({ type: 'service.drain' }),
    );
    await service.until(() => service.root.state === 'stopped');
    expect(await rest).toEqual(['trading', 'draining', 'stopped']);
    expect((await ended).length).toBeGreaterThan(0);
    states.push(
      stateName({ session: { live: 'fresh' } }),
      stateName({ a: 'b', c: 'd' }),
      stateName(undefined),
    );
    expect(states).toEqual(['session.live.fresh', 'a.b+c.d', '']);
  });
});
