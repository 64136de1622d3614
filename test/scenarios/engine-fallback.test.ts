/** Both engines side by side: what makes the streaming one give way, and what becomes of decisions. */
import { filter, interval, map } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { batchEngine, streamingEngine } from '../../src/app/engines.js';
import type { MarketPipeline } from '../../src/app/market-pipeline.js';
import { steps, ticks } from '../../src/model/quantities.js';
import type { EngineBooks } from '../../src/ports/engine.js';
import { VirtualService, type VirtualOptions } from '../support/virtual-service.js';

/** Two engines and an exchange in virtual time, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const EAGER = [{ minConfidence: 0.01, maxHoldSeconds: 3, coolDownSeconds: 1 }];

/** A service on both engines whose streaming one does something wrong from when it is told to. */
class Saboteur {
  isActive = false;
  readonly service: VirtualService;

  constructor(
    spoil: (engine: MarketPipeline, saboteur: Saboteur) => void,
    options: VirtualOptions = {},
  ) {
    this.service = new VirtualService({
      preset: 'trend',
      ...options,
      flags: { engine: 'both', ...options.flags },
      makers: {
        makeStreaming: (parts) => {
          const built = streamingEngine(parts);
          spoil(built.engine, this);
          return built;
        },
      },
    });
  }

  async fall(withinMs = 20_000): Promise<void> {
    await this.service.start();
    await this.service.clock.advance(3_000);
    expect(this.status.active).toBe('streaming');
    this.isActive = true;
    await this.service.until(() => this.status.active === 'batch', withinMs);
  }

  get status() {
    return this.service.control.state().engine;
  }
}

/** Runs before every frame that the engine receives. */
function onReceive(engine: MarketPipeline, work: () => void): void {
  const receive = engine.receive.bind(engine);
  engine.receive = (frame) => {
    work();
    receive(frame);
  };
}

const healthy = (): void => undefined;
const lying = (engine: MarketPipeline, saboteur: Saboteur): void =>
  onReceive(engine, () => {
    const [market] = engine.fold.markets;
    if (!saboteur.isActive || market === undefined) return;
    const bids = [{ price: ticks(1), size: steps(1) }];
    const at = saboteur.service.clock.now();
    engine.fold.apply({ type: 'book.update', market, bids, asks: [] }, at);
  });

describe('two engines side by side', () => {
  it('agree on everything, second by second', async () => {
    const { service, status } = await run(healthy, 15_000);
    expect(status).toMatchObject({ setting: 'both', active: 'streaming', fallback: null });
    expect(status.compared).toBeGreaterThan(10);
    expect(status.divergences).toEqual([]);
    expect(service.logged('engine.alone')).toEqual([]);
    service.kill();
  });

  it('trade the same as either of them alone', async () => {
    const runs = await Promise.all(
      (['streaming', 'batch', 'both'] as const).map(async (engine) => {
        const options = { preset: 'trend', flags: { engine, strategies: EAGER } } as const;
        const service = new VirtualService(options);
        await service.ready();
        await service.clock.advance(12_000);
        expect(service.control.state().engine).toMatchObject({ setting: engine, fallback: null });
        const orders = service.entries('order.intent').map(({ request }) => request);
        service.kill();
        return orders;
      }),
    );
    expect(runs[0]?.length).toBeGreaterThan(0);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});

async function run(
  spoil: (engine: MarketPipeline, saboteur: Saboteur) => void,
  forMs: number,
  options: VirtualOptions = {},
) {
  const saboteur = new Saboteur(spoil, options);
  await saboteur.service.start();
  await saboteur.service.clock.advance(forMs);
  return saboteur;
}

describe('the streaming engine gives way', () => {
  it('when it says something else, with the place and both values', async () => {
    const saboteur = new Saboteur(lying);
    await saboteur.fall(3_000);
    const { fallback, divergences, divergent } = saboteur.status;
    expect(fallback?.cause).toBe('engine.diverged');
    expect(fallback?.evidence).toMatch(/-USD\/\S+: streaming \S+, batch /);
    expect(divergent).toBeGreaterThan(0);
    expect(divergences[0]).toMatchObject({ place: expect.stringContaining('-USD/') });
    expect(saboteur.service.logged('engine.divergence').length).toBeGreaterThan(0);
    expect(saboteur.service.logged('engine.fallback')).toMatchObject([
      { cause: 'engine.diverged' },
    ]);
    expect(saboteur.service.entries('engine.fallback')).toHaveLength(1);
    saboteur.service.kill();
  });

  it('when frames come and no turn is told of', async () => {
    const saboteur = new Saboteur((engine, self) => {
      const markets$ = engine.markets$.pipe(filter(() => !self.isActive));
      Object.assign(engine, { markets$ });
    });
    const { service } = saboteur;
    const heard: string[][] = [];
    service.root.pipeline.markets$.subscribe((lenses) => {
      if (saboteur.isActive) heard.push(lenses.map(({ market }) => market).sort());
    });
    await saboteur.fall();
    // What happened in the silence is told at once: a stop may have been crossed.
    expect(heard[0]).toEqual([...service.root.pipeline.fold.markets].sort());
    expect(saboteur.status.fallback).toMatchObject({
      cause: 'engine.stalled',
      evidence: expect.stringMatching(/no turn was told of for \d+(\.\d+)? ms > 3000 ms/),
    });
    saboteur.service.kill();
  });

  it('when it throws at a frame', async () => {
    const saboteur = new Saboteur((engine, self) =>
      onReceive(engine, () => {
        if (self.isActive) throw new Error('out of range');
      }),
    );
    await saboteur.fall();
    expect(saboteur.status.fallback).toMatchObject({
      cause: 'engine.threw',
      evidence: 'out of range',
    });
    saboteur.service.kill();
  });

  it('when one of its streams errors', async () => {
    const saboteur = new Saboteur((engine, self) => {
      const signals$ = engine.signals$.pipe(
        map((lenses) => {
          if (self.isActive) throw new Error('no score');
          return lenses;
        }),
      );
      Object.assign(engine, { signals$ });
    });
    await saboteur.fall();
    expect(saboteur.status.fallback).toMatchObject({ cause: 'engine.threw', evidence: 'no score' });
    saboteur.service.kill();
  });

  it.each([
    { what: 'latency', workMs: 80, words: 'turns took more than 50 ms' },
    { what: 'cpu', workMs: 40, words: '% of a core > 5 %' },
  ])('when it breaks its budget of $what', async ({ what, workMs, words }) => {
    const saboteur = new Saboteur(
      (engine, self) =>
        onReceive(engine, () => {
          if (self.isActive) self.service.resources.work += workMs;
        }),
      { flags: { fallback: { cpuPctMax: 5, latencyMsMax: what === 'cpu' ? 1_000 : 50 } } },
    );
    await saboteur.fall(25_000);
    expect(saboteur.status.fallback).toMatchObject({
      cause: `engine.${what}`,
      evidence: expect.stringContaining(words),
    });
    saboteur.service.kill();
  });

  it('when what it does in timers breaks its budget: most looks come in them', async () => {
    const service: VirtualService = new VirtualService({
      flags: { engine: 'both', fallback: { latencyMsMax: 50 } },
      makers: {
        makeStreaming: (parts) => {
          interval(100, parts.clock.scheduler).subscribe(() => (service.resources.work += 80));
          return streamingEngine(parts);
        },
      },
    });
    await service.start();
    await service.until(() => service.control.state().engine.active === 'batch', 25_000);
    expect(service.control.state().engine.fallback).toMatchObject({ cause: 'engine.latency' });
    service.kill();
  });

  it('when the process needs more memory than it may', async () => {
    const saboteur = new Saboteur(healthy);
    saboteur.service.resources.memory = 1_500;
    await saboteur.fall(25_000);
    expect(saboteur.status.fallback).toMatchObject({
      cause: 'engine.memory',
      evidence: '1500 MB resident > 1024 MB',
    });
    saboteur.service.kill();
  });
});

describe('after a fallback', () => {
  it('no decision is lost and none comes twice', async () => {
    const trade = async (fails: boolean) => {
      const saboteur = new Saboteur(
        (engine, self) =>
          onReceive(engine, () => {
            if (self.isActive) throw new Error('gone');
          }),
        { flags: { strategies: EAGER } },
      );
      const { service } = saboteur;
      const decided: string[] = [];
      service.root.pipeline.decisions$.subscribe(({ market, type, decidedAt, newestFrameAt }) =>
        decided.push([market, type, decidedAt, newestFrameAt].join(' ')),
      );
      await service.ready();
      await service.clock.advance(4_000);
      saboteur.isActive = fails;
      await service.clock.advance(9_000);
      expect(saboteur.status.active).toBe(fails ? 'batch' : 'streaming');
      const orders = service.entries('order.intent').map(({ request }) => request);
      service.kill();
      return { decided, orders };
    };
    const [smooth, fallen] = await Promise.all([trade(false), trade(true)]);
    expect(smooth.decided.length).toBeGreaterThan(4);
    expect(smooth.orders.length).toBeGreaterThan(1);
    expect(fallen).toEqual(smooth);
  });

  it('it stays, over a restart too, until the setting is another', async () => {
    const saboteur = new Saboteur(lying);
    await saboteur.fall();
    saboteur.isActive = false;
    const { service } = saboteur;
    await service.clock.advance(12_000);
    expect(saboteur.status.active).toBe('batch');
    await service.restart();
    expect(saboteur.status).toMatchObject({
      active: 'batch',
      fallback: { cause: 'engine.diverged' },
      fallbacks: {},
    });
    // It is known: told of as what goes on, not as a new one.
    expect(service.entries('engine.fallback')).toHaveLength(1);
    expect(service.logged('engine.fallback')).toHaveLength(1);
    expect(service.logged('engine.recalled')).toMatchObject([{ cause: 'engine.diverged' }]);
    await service.restart({ engine: 'streaming' });
    expect(saboteur.status).toMatchObject({ active: 'streaming', fallback: null });
    expect(service.entries('engine.restored')).toMatchObject([{ by: 'engine: streaming' }]);
    await service.restart({ engine: 'both' });
    expect(saboteur.status).toMatchObject({ active: 'streaming', fallback: null });
    service.kill();
  });

  it("an operator's word goes back: both begin anew and agree again", async () => {
    const saboteur = new Saboteur(lying);
    await saboteur.fall();
    saboteur.isActive = false;
    const { service } = saboteur;
    const answers: unknown[] = [];
    const restore = { type: 'engine.restore', by: 'ada', reason: 'found it' } as const;
    service.control.command(restore).subscribe((answer) => answers.push(answer));
    await service.clock.advance(15_000);
    expect(answers).toEqual([{ accepted: true, message: 'both engines begin anew' }]);
    const { active, fallback, compared, divergences, fallbacks } = saboteur.status;
    expect({ active, fallback, divergences }).toEqual({
      active: 'streaming',
      fallback: null,
      divergences: [],
    });
    expect(fallbacks).toEqual({ 'engine.diverged': 1 });
    expect(compared).toBeGreaterThan(10);
    expect(service.control.markets().map(({ bookState }) => bookState)).toEqual(['live', 'live']);
    expect(service.entries('engine.restored')).toMatchObject([{ by: 'ada' }]);
    service.control.command(restore).subscribe((answer) => answers.push(answer));
    await service.clock.advance(100);
    expect(answers[1]).toMatchObject({ accepted: false, code: 'engine.no-fallback' });
    service.kill();
  });

  it('new engines know what the venue has changed of its markets since the start', async () => {
    const saboteur = new Saboteur(lying);
    const { service } = saboteur;
    await service.start();
    const [market] = service.root.pipeline.fold.markets;
    if (market === undefined) throw new Error('no market');
    const tickOf = ({ spec }: Pick<EngineBooks, 'spec'>) => spec(market)?.tick;
    const before = tickOf(service.root.pipeline.fold);
    const clobPairId = service.root.engine.spec(market)?.venueNumber ?? NaN;
    service.host.submit({ type: 'market', clobPairId, change: { subticksPerTick: 10n } });
    await service.until(() => tickOf(service.root.pipeline.fold) !== before);
    const after = tickOf(service.root.pipeline.fold);
    const bid = (): number => {
      const view = service.root.pipeline.fold.view(market, service.clock.now());
      return Number(view?.book.bids[0]?.price) * Number(view?.spec.tick);
    };
    await service.until(() => bid() > 0);
    const bidBefore = bid();
    await saboteur.fall();
    saboteur.isActive = false;
    service.control.command({ type: 'engine.restore', by: 'ada', reason: 'found it' }).subscribe();
    await service.clock.advance(10_000);
    expect(service.root.engine.spec(market)?.tick).toBe(after);
    expect(tickOf(service.root.pipeline.fold)).toBe(after);
    expect(bid() / bidBefore).toBeCloseTo(1, 2);
    service.kill();
  });
});

describe('a batch engine that fails while nobody hears it', () => {
  /** In the next look of a timer, once. */
  const failing = () => {
    const state = { isActive: false };
    const service = new VirtualService({
      preset: 'trend',
      flags: { engine: 'both' },
      makers: {
        makeBatch: (parts) => {
          parts.clock.setTimeout(() => {
            if (state.isActive) throw new Error('a defect of the spare one');
          }, 5_000);
          return batchEngine(parts);
        },
      },
    });
    state.isActive = true;
    return { service, state };
  };

  it('in a timer ends alone: the streaming one trades on, and the state says so', async () => {
    const { service, state } = failing();
    await service.start();
    await service.clock.advance(6_000);
    const status = () => service.control.state().engine;
    expect(status()).toMatchObject({
      active: 'streaming',
      fallback: null,
      alone: 'a defect of the spare one',
    });
    expect(service.logged('engine.alone')).toHaveLength(1);
    const { compared } = status();
    await service.clock.advance(5_000);
    expect(status().compared).toBe(compared);
    state.isActive = false;
    const answers: unknown[] = [];
    const restore = { type: 'engine.restore', by: 'ada', reason: 'again' } as const;
    service.control.command(restore).subscribe((answer) => answers.push(answer));
    await service.clock.advance(10_000);
    expect(answers).toMatchObject([{ accepted: true }]);
    expect(status()).toMatchObject({ active: 'streaming', alone: null, divergences: [] });
    expect(status().compared).toBeGreaterThan(compared + 5);
    service.kill();
  });
});
