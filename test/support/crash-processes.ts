/**
 * The built service, killed for real at one step after another while one devnet lives on. Several accounts
 * trade beside each other, because a life is mostly waiting; each has a journal of its own.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/wasm-typescript';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { JournalDatabase } from '../../src/journal/journal-database.store.js';
import { recoverState } from '../../src/journal/journal-state.js';
import { unwrap } from '../../src/model/result.js';
import type { JournalEntry } from '../../src/ports/journal.js';
import { perpetua, PROGRAM, temporaryFolder, type Run } from './built-program.js';
import type { CrashOutcome } from './crash-table.js';

export interface ProcessCrashes {
  /** Kills. */
  readonly points: number;
  /** Accounts at once. */
  readonly lanes: number;
  readonly seed: number;
  readonly onPoint?: (outcome: CrashOutcome) => void;
}

export interface ProcessCrashesResult {
  readonly outcomes: readonly CrashOutcome[];
  readonly orders: number;
  readonly fills: number;
}

/**
 * Where a life may end; the number is the latest time that the step is done in. What comes with every
 * life's start has a greater one, so that most lives trade before they end.
 */
const POINTS: readonly (readonly [at: string, nthMax: number])[] = [
  ['write order.intent', 7],
  ['written order.intent', 7],
  ['sign place', 7],
  ['signer ask rpc', 14],
  ['signer answer rpc', 14],
  ['told answer', 14],
  ['write order.sent', 7],
  ['written order.sent', 7],
  ['hear v4_subaccounts', 28],
  ['heard v4_subaccounts', 28],
  ['write fill', 5],
  ['written fill', 5],
  ['write order.end', 5],
  ['written order.end', 5],
  ['write run', 1],
  ['written run', 1],
  ['told opened', 1],
  ['write sweep', 2],
  ['written sweep', 2],
  ['ask /height', 2],
  ['ask /fills', 2],
  ['answer /fills', 2],
  ['ask /orders', 2],
  ['answer /orders', 2],
  ['ask /addresses', 2],
  ['answer /addresses', 2],
  ['ask rpc', 7],
  ['hear v4_orderbook', 420],
  ['hear v4_block_height', 21],
  ['told durable', 56],
];
/** Of 200 lives: each point comes so often, a little later each time. */
const ROUNDS = 7;
/** Has no divisor in common with the number of points: all of them in another order. */
const STRIDE = 7;
/** A point that has not come by then is not waited for. */
const LIFE_MS_MAX = 15_000;
const READY_MS_MAX = 30_000;
const POLL_MS = 40;
const SETTLE_MS = 15_000;
const FILLS_PER_PAGE = 100;
/** One devnet's limits hold for all lanes together; and its first minute has no history to warm by. */
const SETTINGS = `
strategies:
  - name: sniper
    minConfidence: 0.05
    maxPositions: 4
    maxHoldSeconds: 1
    coolDownSeconds: 1
    stopBps: 5000
risk: {maxOrdersPerMinute: 10000, maxDailyLossUsd: 1000000}
`;

export async function crashProcesses(options: ProcessCrashes): Promise<ProcessCrashesResult> {
  const { points, lanes, seed, onPoint = () => undefined } = options;
  const folder = temporaryFolder();
  const bullet = loadable(folder);
  const flags = ['--port', '0', '--markets', '4', '--preset', 'trend', '--seed', `${seed}`];
  const devnet = perpetua(['devnet', ...flags]);
  const exchange = (await devnet.until(/indexer +(http:\/\/\S+)\/v4/))[1] ?? '';
  const queue = Array.from({ length: points }, (_, index) => index);
  const results = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const account = new Lane({
        seed: seed + lane,
        exchange,
        bullet,
        folder: join(folder, `${lane}`),
      });
      const outcomes: CrashOutcome[] = [];
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const judged = await account.once(next);
        outcomes.push(...judged);
        judged.forEach(onPoint);
      }
      const last = await account.end();
      last.forEach(onPoint);
      return { outcomes: [...outcomes, ...last], ...account.counts };
    }),
  );
  devnet.child.kill('SIGTERM');
  await devnet.ended;
  rmSync(folder, { recursive: true });
  return {
    outcomes: results.flatMap(({ outcomes }) => outcomes),
    orders: results.reduce((sum, { orders }) => sum + orders, 0),
    fills: results.reduce((sum, { fills }) => sum + fills, 0),
  };
}

/** Worker threads and the service itself load JavaScript only. */
function loadable(folder: string): string {
  const path = fileURLToPath(new URL('kill-point.ts', import.meta.url));
  const { code } = transformSync(readFileSync(path, 'utf8'), { mode: 'strip-only', module: true });
  const module = join(folder, 'kill-point.mjs');
  writeFileSync(module, code);
  return module;
}

interface LaneOptions {
  readonly seed: number;
  readonly exchange: string;
  readonly bullet: string;
  readonly folder: string;
}

/** A kill that no later life has been held against the exchange for, yet. */
interface Pending {
  readonly point: string;
  readonly troubles: string[];
  recoveryMs: number | undefined;
}

interface VenueFill {
  readonly id: string;
  readonly orderId?: string;
  readonly createdAtHeight: string;
}

interface Sized {
  readonly market: string;
  readonly size: string;
}

class Lane {
  readonly #options: LaneOptions;
  readonly #address: string;
  readonly #settings: string;
  readonly #rows = new Map<number, JournalEntry>();
  readonly #venueFills = new Map<string, VenueFill>();
  #pending: Pending[] = [];
  #completeTo = 0;
  #flaws = { lost: 0, doubled: 0, resent: 0 };

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#address = addressOfKey(unwrap(readPrivateKey(keyFromSeed(options.seed))));
    mkdirSync(options.folder);
    this.#settings = join(options.folder, 'perpetua.yaml');
    writeFileSync(this.#settings, SETTINGS);
  }

  get counts(): { readonly orders: number; readonly fills: number } {
    return { orders: this.#of('order.intent').length, fills: this.#venueFills.size };
  }

  /** One life, which judges the kills before it once it trades, and ends at the point of this number. */
  async once(number: number): Promise<readonly CrashOutcome[]> {
    const [at, nthMax] = POINTS[(number * STRIDE) % POINTS.length] ?? ['write run', 1];
    const round = Math.floor(number / POINTS.length);
    const nth = 1 + ((round * Math.ceil(nthMax / ROUNDS)) % nthMax);
    const query = new URLSearchParams({ at, nth: `${nth}`, program: PROGRAM });
    const life = this.#start(['--import', `file://${this.#options.bullet}?${query.toString()}`]);
    const judged = await this.#judge(life);
    const late = setTimeout(() => life.child.kill('SIGKILL'), LIFE_MS_MAX);
    const how = await life.ended;
    clearTimeout(late);
    const troubles = how === 'SIGKILL' ? [] : [`ended with ${how}: ${life.err().slice(-500)}`];
    this.#pending.push({ point: at, troubles, recoveryMs: undefined });
    await this.#compare(false);
    return judged;
  }

  /** A last life, drained as it should be: then all books have everything. */
  async end(): Promise<readonly CrashOutcome[]> {
    const life = this.#start();
    const judged = await this.#judge(life);
    life.child.kill('SIGTERM');
    const how = await life.ended;
    await this.#compare(true);
    const agrees = /"agrees":true/.test(life.out());
    const troubles = how === 0 && agrees ? [] : [`ended with ${how}, books agree: ${agrees}`];
    const { lost, doubled, resent } = this.#flaws;
    if (lost + doubled + resent + troubles.length === 0) return judged;
    return [...judged, { point: 'the end', ...this.#flaws, apart: 0, troubles, recoveryMs: 0 }];
  }

  /** Until the life is held to be right or wrong, or has ended too early for that. */
  async #judge(life: Run): Promise<readonly CrashOutcome[]> {
    const startedAt = performance.now();
    let hasEnded = false;
    void life.ended.then(() => (hasEnded = true));
    const base = await this.#tried(
      () => /API +(http:\/\/\S+)\/v1/.exec(life.err())?.[1],
      () => hasEnded,
    );
    if (base === undefined) return [];
    const isReady = await this.#tried(
      async () => ((await fetch(`${base}/readyz`)).ok ? true : undefined),
      () => hasEnded,
    );
    if (isReady === undefined && hasEnded) return [];
    const recoveryMs = performance.now() - startedAt;
    for (const kill of this.#pending) kill.recoveryMs ??= recoveryMs;
    const token = /read (\S+) +trade/.exec(life.err())?.[1] ?? '';
    let apart = 0;
    const isSettled = await this.#tried(
      async () => {
        apart = await this.#marketsApart(base, token);
        return apart === 0 ? true : undefined;
      },
      () => hasEnded,
      SETTLE_MS,
    );
    if (isSettled === undefined && hasEnded) return [];
    const latched = life.err().match(/"msg":"risk\.latched".*/g) ?? [];
    const notReady = isReady === undefined ? ['was never ready'] : [];
    const judged = this.#pending.map((kill): CrashOutcome => ({
      point: kill.point,
      ...this.#takeFlaws(),
      apart,
      troubles: [...kill.troubles, ...latched, ...notReady],
      recoveryMs: kill.recoveryMs ?? recoveryMs,
    }));
    this.#pending = [];
    return judged;
  }

  #takeFlaws(): { readonly lost: number; readonly doubled: number; readonly resent: number } {
    const flaws = this.#flaws;
    this.#flaws = { lost: 0, doubled: 0, resent: 0 };
    return flaws;
  }

  /** The first answer, or undefined when the process has ended or it took too long. */
  async #tried<T>(
    probe: () => Promise<T | undefined> | T | undefined,
    hasEnded: () => boolean,
    withinMs = READY_MS_MAX,
  ): Promise<T | undefined> {
    const end = performance.now() + withinMs;
    while (!hasEnded() && performance.now() < end) {
      const answer = await Promise.resolve(probe()).catch(() => undefined);
      if (answer !== undefined) return answer;
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
    }
    return undefined;
  }

  async #marketsApart(base: string, token: string): Promise<number> {
    const { exchange } = this.#options;
    const headers = { authorization: `Bearer ${token}` };
    const ours = (await (await fetch(`${base}/v1/positions`, { headers })).json()) as Sized[];
    const path = `/v4/addresses/${this.#address}/subaccountNumber/0`;
    const { subaccount } = (await (await fetch(`${exchange}${path}`)).json()) as {
      readonly subaccount: { readonly openPerpetualPositions: Readonly<Record<string, Sized>> };
    };
    const sums = new Map<string, number>();
    const add = ({ market, size }: Sized, sign: number): void =>
      void sums.set(market, (sums.get(market) ?? 0) + sign * Number(size));
    for (const position of ours) add(position, 1);
    for (const position of Object.values(subaccount.openPerpetualPositions)) add(position, -1);
    return [...sums.values()].filter((difference) => Math.abs(difference) > 1e-9).length;
  }

  /**
   * What the journal says, now that nobody writes it, against the exchange: every fill up to the height
   * that it calls complete, and at the end all of them.
   */
  async #compare(isComplete: boolean): Promise<void> {
    this.#readJournal();
    await this.#readVenueFills();
    const booked = this.#of('fill').map(({ fill }) => fill);
    const ids = new Set<string>(booked.map(({ fillId }) => fillId));
    const requests = this.#of('order.intent').map(({ request }) => request);
    const ownOrders = new Set<string>(requests.map(({ orderId }) => orderId));
    const numbers = new Set(requests.map(({ clientId }) => clientId));
    const adding = requests.filter(({ reduceOnly }) => !reduceOnly).map(({ intentId }) => intentId);
    const missing = [...this.#venueFills.values()].filter(
      ({ id, orderId = '', createdAtHeight }) =>
        (isComplete || Number(createdAtHeight) <= this.#completeTo ? !ids.has(id) : false) ||
        !ownOrders.has(orderId),
    );
    const invented = booked.filter(({ fillId }) => !this.#venueFills.has(fillId));
    this.#flaws = {
      lost: missing.length,
      doubled: booked.length - ids.size + invented.length,
      resent: requests.length - numbers.size + adding.length - new Set(adding).size,
    };
  }

  #readJournal(): void {
    const below = join(this.#options.folder, 'embedded');
    if (!existsSync(below)) return;
    const copy = join(this.#options.folder, 'copy');
    cpSync(below, copy, { recursive: true, filter: (path) => !path.endsWith('-reserve') });
    const name = readdirSync(copy).find((file) => file.endsWith('.sqlite'));
    if (name !== undefined) {
      const identity = { network: 'embedded', address: this.#address, subaccount: 0 };
      const path = join(copy, name);
      const database = new JournalDatabase({ path, identity, reserveBytes: 4096 });
      for (const { sequence, entry } of database.history) this.#rows.set(sequence, entry);
      this.#completeTo = recoverState(database.history).completeTo;
      database.close();
    }
    rmSync(copy, { recursive: true });
  }

  /** Newest first, down to the height that was read before. */
  async #readVenueFills(): Promise<void> {
    const known = Math.max(0, ...[...this.#venueFills.values()].map(heightOf));
    const query = `address=${this.#address}&subaccountNumber=0&limit=${FILLS_PER_PAGE}`;
    let until = '';
    for (;;) {
      const answer = await fetch(`${this.#options.exchange}/v4/fills?${query}${until}`);
      const { fills } = (await answer.json()) as { readonly fills: readonly VenueFill[] };
      for (const fill of fills) this.#venueFills.set(fill.id, fill);
      const oldest = Math.min(...fills.map(heightOf));
      if (fills.length < FILLS_PER_PAGE || oldest < known) return;
      until = `&createdBeforeOrAtHeight=${oldest}`;
    }
  }

  #of<T extends JournalEntry['type']>(type: T): Extract<JournalEntry, { type: T }>[] {
    return [...this.#rows.values()].flatMap((entry) =>
      entry.type === type ? [entry as Extract<JournalEntry, { type: T }>] : [],
    );
  }

  #start(nodeFlags: readonly string[] = []): Run {
    const { exchange, folder, seed } = this.#options;
    return perpetua(['run', '--config', this.#settings, '--seed', `${seed}`, '--json'], {
      nodeFlags,
      environment: {
        PERPETUA_ENDPOINTS_REST_URL: `${exchange}/v4`,
        PERPETUA_ENDPOINTS_SOCKET_URL: `${exchange.replace('http', 'ws')}/v4/ws`,
        PERPETUA_ENDPOINTS_RPC_URL: exchange,
        PERPETUA_ADMIN_PORT: '0',
        PERPETUA_JOURNAL_PATH: folder,
      },
    });
  }
}

const heightOf = ({ createdAtHeight }: VenueFill): number => Number(createdAtHeight);
