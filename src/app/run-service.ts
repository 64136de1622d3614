/** `perpetua run`: the service from start to exit code, in the real world. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { AnyActorRef } from 'xstate';
import { isOwnHost, isOwnOrigin } from '../admin/access.js';
import { startAdmin, type Admin } from '../admin/admin.server.js';
import { createMetrics, type Metrics } from '../admin/metrics.server.js';
import type { Config } from '../config/config-schema.js';
import { addInspector, type Hub } from '../inspector/inspection-hub.server.js';
import { inspectorPages } from '../inspector/inspector-pages.store.js';
import { formatSize, formatUsd } from '../model/market.js';
import type { Log } from '../ports/log.js';
import { snapshots$ } from './actor-observables.js';
import { ControlProjection } from './control-projection.js';
import { pinoLog } from './pino-log.js';
import { makeTokens, realWorld, writeTokens, type Tokens } from './real-world.js';
import type { RunReport } from './run-report.js';
import { ServiceRoot } from './service-root.js';

export interface RunOptions {
  readonly forMs: number | undefined;
  readonly json: boolean;
  readonly terminal: {
    readonly out: (line: string) => void;
    readonly err: (line: string) => void;
  };
}

const FAILED = 1;

export async function runService(config: Config, options: RunOptions): Promise<number> {
  const secrets = new Set<string>();
  const log = pinoLog({ level: config.log.level, secrets });
  const late: { metrics?: Metrics; root?: ServiceRoot } = {};
  const world = realWorld({
    config,
    version: versionOf(),
    program: fileURLToPath(new URL('../main.js', import.meta.url)),
    log,
    secrets,
    meter: { observe: (hop, ms) => late.metrics?.observe(hop, ms) },
    onExchangeEnd: (how) => {
      if (late.root?.state === 'draining' || late.root?.state === 'stopped') return;
      const reason = `the embedded exchange has ended: ${how}`;
      late.root?.hub.service$.next({ type: 'service.fault', reason });
    },
  });
  const root = new ServiceRoot(world);
  const control = new ControlProjection(root);
  const metrics = createMetrics(control);
  late.metrics = metrics;
  late.root = root;
  const tokens = makeTokens(secrets);
  const { admin, hub } = await openDoor({ root, control, metrics, tokens, log });
  greet(config, admin, { tokens, folder: world.folder }, options);
  const usage = startUsage(root);
  root.start();
  await untilEnded(root, options.forMs);
  const report = reportOf(root, usage);
  const isFaulted = root.state === 'faulted';
  hub.close();
  await admin.close();
  await root.close();
  if (options.json) options.terminal.out(JSON.stringify(report));
  return isFaulted ? FAILED : 0;
}

const versionOf = (): string => {
  const require = createRequire(import.meta.url);
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return (require(path) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
};

async function openDoor(parts: {
  readonly root: ServiceRoot;
  readonly control: ControlProjection;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly log: Log;
}): Promise<{ readonly admin: Admin; readonly hub: Hub }> {
  const { root, control, metrics, tokens, log } = parts;
  const own = { ...root.world.config.admin };
  let hub: Hub | undefined;
  const admin = await startAdmin({
    ...own,
    control,
    metrics,
    log,
    tokens,
    extend: (app) => {
      hub = addInspector(app, {
        root: root.actor,
        clock: root.world.clock,
        isOwnHost: (host) => isOwnHost(host, own),
        isOwnOrigin: (origin) => isOwnOrigin(origin, own),
        pages: inspectorPages(),
      });
    },
  });
  own.port = admin.port;
  return { admin, hub: hub ?? { viewers: () => 0, close: () => undefined } };
}

/** Where everything is, once, on stderr; tokens only for the embedded exchange's play money. */
function greet(
  config: Config,
  { host, port }: Admin,
  { tokens, folder }: { readonly tokens: Tokens; readonly folder: string },
  { terminal }: RunOptions,
): void {
  const base = `http://${host}:${port}`;
  terminal.err(`Perpetua on ${config.network}, mode ${config.mode}`);
  terminal.err(`  API        ${base}/v1/state   docs ${base}/docs   metrics ${base}/metrics`);
  terminal.err(`  Inspector  ${base}/inspect   hosted viewer ${base}/inspect/stately`);
  terminal.err(`  Journal    ${folder}`);
  if (config.network === 'embedded') {
    terminal.err(`  Tokens     read ${tokens.read}   trade ${tokens.trade}`);
  } else terminal.err(`  Tokens     ${writeTokens(folder, tokens)}`);
}

/** A signal or the end of the given time drains; resolves when the service has stopped or faulted. */
function untilEnded(root: ServiceRoot, forMs: number | undefined): Promise<void> {
  const { inbox } = root.world;
  const drain = (): void =>
    inbox.enter('fact', 'signal', () => root.hub.service$.next({ type: 'service.drain' }));
  const timer = forMs === undefined ? undefined : setTimeout(drain, forMs);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, drain);
  return new Promise<void>((resolve) => {
    snapshots$<AnyActorRef>(root.actor).subscribe({
      next: () => {
        if (root.state === 'faulted') resolve();
      },
      complete: () => resolve(),
    });
  }).then(() => {
    clearTimeout(timer);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, drain);
  });
}

interface Usage {
  readonly startedAt: number;
  readonly cpu: NodeJS.CpuUsage;
  readonly peakRss: () => number;
}

function startUsage(root: ServiceRoot): Usage {
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 1_000);
  look.unref();
  return {
    startedAt: root.world.clock.now(),
    cpu: process.cpuUsage(),
    peakRss: () => Math.max(peak, process.memoryUsage.rss()),
  };
}

function reportOf(root: ServiceRoot, usage: Usage): RunReport {
  const { core, decided, pipeline, world } = root;
  const elapsedMs = world.clock.now() - usage.startedAt;
  const { user, system } = process.cpuUsage(usage.cpu);
  const usdc = core.usdc();
  return {
    network: world.config.network,
    mode: world.config.mode,
    seconds: Math.round(elapsedMs / 100) / 10,
    state: root.state,
    frames: pipeline.counts,
    decisions: { ...decided, denied: core.denied },
    orders: core.orders.counts(),
    fills: core.books.booked,
    positions: core.books.positions
      .positions()
      .filter(({ size }) => size !== 0n)
      .flatMap(({ market, size }) => {
        const spec = pipeline.fold.spec(market);
        return spec === undefined ? [] : [{ market, size: formatSize(spec, size) }];
      }),
    pnlUsd: formatUsd(core.pnl()),
    usdc: usdc === undefined ? null : formatUsd(usdc),
    latencyMs: core.latency.figures(),
    rssMb: Math.round(usage.peakRss() / 1e5) / 10,
    cpuPct: Math.round((user + system) / Math.max(1, elapsedMs) / 0.1) / 10 / 10,
  };
}
