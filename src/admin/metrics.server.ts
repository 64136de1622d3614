/**
 * Prometheus metrics: pulled from the projection at scrape time, so that no hot path pays for them.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AccountState, Control, EndpointState } from '../ports/control.js';
import { HOPS, type Hop, type Meter } from '../ports/meter.js';

const LATENCY_BUCKETS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000];

export interface Metrics extends Meter {
  readonly contentType: string;
  render(): Promise<string>;
}

export function createMetrics(control: Control): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'perpetua_' });
  const latency = new Histogram({
    name: 'perpetua_latency_ms',
    help: 'Latency of each hop from a frame to an order, milliseconds.',
    labelNames: ['hop'],
    buckets: LATENCY_BUCKETS_MS,
    registers: [registry],
  });
  const bound = new Map<Hop, { observe(ms: number): void }>(
    HOPS.map((hop) => [hop, latency.labels(hop)]),
  );
  addFrames(registry, control);
  addEngines(registry, control);
  addState(registry, control);
  addMoney(registry, control);
  addEndpoints(registry, control);
  addRest(registry, control);
  return {
    contentType: registry.contentType,
    observe: (hop, ms) => bound.get(hop)?.observe(ms),
    render: () => registry.metrics(),
  };
}

function addFrames(registry: Registry, control: Control): void {
  const registers = [registry];
  const frames = new Counter({
    name: 'perpetua_frames_total',
    help: 'Frames received, by what became of them.',
    labelNames: ['verdict'],
    registers,
    collect() {
      const { applied, rejected, quarantined } = control.state().frames;
      this.reset();
      this.inc({ verdict: 'applied' }, applied);
      this.inc({ verdict: 'rejected' }, rejected);
      this.inc({ verdict: 'quarantined' }, quarantined);
    },
  });
  const letters = new Counter({
    name: 'perpetua_dead_letters_total',
    help: 'Frames that could not be read, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(control.state().deadLetters)) {
        this.inc({ reason }, count);
      }
    },
  });
  const versions = new Counter({
    name: 'perpetua_unknown_version_frames_total',
    help: 'Frames of a major version of their channel that cannot be read.',
    labelNames: ['channel', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { channel, version, frames: count } of control.state().unknownVersions) {
        this.inc({ channel, version }, count);
      }
    },
  });
  registry.registerMetric(frames);
  registry.registerMetric(letters);
  registry.registerMetric(versions);
}

function addEngines(registry: Registry, control: Control): void {
  const registers = [registry];
  const divergences = new Counter({
    name: 'perpetua_engine_divergences_total',
    help: 'Differences found between the streaming and the batch engine.',
    registers,
    collect() {
      this.reset();
      this.inc(control.state().engine.divergent);
    },
  });
  const fallbacks = new Counter({
    name: 'perpetua_engine_fallbacks_total',
    help: 'Fallbacks from the streaming to the batch engine, by cause.',
    labelNames: ['cause'],
    registers,
    collect() {
      this.reset();
      for (const [cause, count] of Object.entries(control.state().engine.fallbacks)) {
        this.inc({ cause }, count);
      }
    },
  });
  const alone = new Gauge({
    name: 'perpetua_engine_alone',
    help: '1 when the batch engine has ended by itself: there is nothing to fall back to.',
    registers,
    collect() {
      this.set(control.state().engine.alone === null ? 0 : 1);
    },
  });
  registry.registerMetric(alone);
  registry.registerMetric(divergences);
  registry.registerMetric(fallbacks);
}

function addState(registry: Registry, control: Control): void {
  const registers = [registry];
  const gauges = [
    new Gauge({
      name: 'perpetua_trading_permitted',
      help: '1 while risk-increasing orders may leave.',
      registers,
      collect() {
        this.set(control.state().permission.granted ? 1 : 0);
      },
    }),
    new Gauge({
      name: 'perpetua_engine_active',
      help: '1 for the engine of layers 3 to 5 that is heard.',
      labelNames: ['engine'],
      registers,
      collect() {
        this.reset();
        const { active } = control.state().engine;
        for (const engine of ['streaming', 'batch']) {
          this.set({ engine }, engine === active ? 1 : 0);
        }
      },
    }),
    new Gauge({
      name: 'perpetua_orders_alive',
      help: 'Orders that are not closed, by state.',
      labelNames: ['state'],
      registers,
      collect() {
        this.reset();
        for (const { state } of control.orders()) this.inc({ state });
      },
    }),
    new Gauge({
      name: 'perpetua_chain_height',
      help: 'Newest block height known.',
      registers,
      collect() {
        this.set(control.state().chainHeight ?? 0);
      },
    }),
  ];
  for (const gauge of gauges) registry.registerMetric(gauge);
}

/** What is not known is no number: NaN, not 0. */
const figure = (text: string | null): number => (text === null ? Number.NaN : Number(text));

function addMoney(registry: Registry, control: Control): void {
  const gauge = (name: string, help: string, read: () => number | null): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read() ?? Number.NaN);
      },
    });
  const account = (name: string, help: string, of: (state: AccountState) => string | null): Gauge =>
    gauge(name, help, () => figure(of(control.account())));
  const gauges = [
    gauge(
      'perpetua_exposure_usd',
      'Worst-case exposure, in-flight and unknown orders at full size: also if the process dies.',
      () => figure(control.risk().exposureUsd),
    ),
    gauge(
      'perpetua_if_dead_blocks',
      'Blocks in which live orders may still fill if the process dies now; NaN: no end is known.',
      () => control.risk().ifDead.blocks,
    ),
    account('perpetua_equity_usd', 'Balance and value of all positions.', (s) => s.equityUsd),
    account(
      'perpetua_free_collateral_usd',
      'Equity less initial margin, scaled by open interest.',
      (s) => s.freeCollateralUsd,
    ),
    account(
      'perpetua_maintenance_margin_usd',
      'Equity below which the account is liquidated.',
      (s) => s.maintenanceMarginUsd,
    ),
    account('perpetua_pnl_usd', 'Profit and loss since the journal began.', (s) => s.pnlUsd),
    account('perpetua_day_pnl_usd', 'Profit and loss of the day.', (s) => s.dayPnlUsd),
    account('perpetua_funding_usd', 'Funding received, < 0: paid.', (s) => s.fundingUsd),
    account('perpetua_fees_usd', 'Fees paid, rebates taken off.', (s) => s.feesUsd),
    gauge(
      'perpetua_account_agrees',
      '1 while our figures are the venue’s within tolerance.',
      () => {
        const { venue } = control.account();
        return venue === null ? null : Number(venue.agrees);
      },
    ),
  ];
  for (const each of gauges) registry.registerMetric(each);
}

function addEndpoints(registry: Registry, control: Control): void {
  const labelNames = ['kind', 'rank', 'origin'] as const;
  type Measure = (endpoint: EndpointState) => number | null;
  const gauge = (name: string, help: string, measure: Measure): Gauge =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const endpoint of control.state().endpoints) {
          const { kind, origin, rank } = endpoint;
          const value = measure(endpoint);
          if (value !== null) this.set({ kind, origin, rank }, value);
        }
      },
    });
  const gauges = [
    gauge('perpetua_endpoint_healthy', '1 while an address can be used and does not lag.', (one) =>
      one.state === 'healthy' ? 1 : 0,
    ),
    gauge('perpetua_endpoint_current', '1 for the address that was asked last.', (one) =>
      one.isCurrent ? 1 : 0,
    ),
    gauge('perpetua_endpoint_errors', 'Failures since the start.', ({ errors }) => errors),
    gauge('perpetua_endpoint_latency_ms', 'Moving mean.', ({ latencyMs }) => latencyMs),
    gauge('perpetua_endpoint_lag_blocks', 'Behind the best.', ({ lagBlocks }) => lagBlocks),
  ];
  for (const one of gauges) registry.registerMetric(one);
}

function addRest(registry: Registry, control: Control): void {
  const gauge = new Gauge({
    name: 'perpetua_rest_free',
    help: 'REST requests that may go at once, by bucket.',
    labelNames: ['bucket'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { bucket, free } of control.state().rest) this.set({ bucket }, free);
    },
  });
  registry.registerMetric(gauge);
}
