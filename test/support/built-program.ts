/** The built `perpetua` as a child process: what it prints, when it ends, and its admin API. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Threads } from '../../src/app/real-world.js';

const built = (path: string): URL => new URL(`../../dist/src/${path}`, import.meta.url);

export const PROGRAM = fileURLToPath(built('main.js'));

/** Worker threads load no TypeScript: these are the built ones. */
export const THREADS: Required<Threads> = {
  journal: (workerData) => new Worker(built('journal/journal.worker.js'), { workerData }),
  signer: (workerData) => new Worker(built('dydx/validator.worker.js'), { workerData, env: {} }),
};

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'perpetua-test-'));

export interface Run {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves with the match once standard error has it; rejects when the process ends before. */
  until(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export interface RunSettings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
}

const runs: Run[] = [];

export function perpetua(args: readonly string[], settings: RunSettings = {}): Run {
  const { environment = {}, nodeFlags = [] } = settings;
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  let isEnded = false;
  void ended.then(() => (isEnded = true));
  const run: Run = {
    child,
    out: () => text.out,
    err: () => text.err,
    until: (pattern, deadlineMs) =>
      poll(
        `${pattern}`,
        () => {
          const match = pattern.exec(text.err);
          if (match === null && isEnded) throw new Error(`ended without ${pattern}:\n${text.err}`);
          return match ?? undefined;
        },
        deadlineMs,
      ),
    ended,
  };
  runs.push(run);
  return run;
}

/** For `afterAll`: nothing that a test started outlives it. */
export async function endAll(): Promise<void> {
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.splice(0).map(({ ended }) => ended));
}

/** Asks until there is an answer. Rejects after the deadline, naming what was waited for. */
export async function poll<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 20_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`no ${what} within ${deadlineMs} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}

export interface Operator {
  get<T>(path: string): Promise<T>;
  post(path: string, body: object): Promise<{ readonly status: number; readonly body: unknown }>;
  readonly tokens: readonly string[];
}

/** Reads base address and tokens from what the service prints once at its start. */
export async function operatorOf(
  err: () => string,
  until: Run['until'] = (pattern) => poll(`${pattern}`, () => pattern.exec(err()) ?? undefined),
): Promise<Operator> {
  const [, base] = await until(/API\s+(http:\/\/\S+)\/v1/);
  const [, read, trade] = await until(/Tokens\s+read (\S+)\s+trade (\S+)/);
  const headers = { authorization: `Bearer ${trade}`, 'content-type': 'application/json' };
  return {
    get: async <T>(path: string) => {
      const answer = await fetch(`${base}${path}`, { headers });
      return (await answer.json()) as T;
    },
    post: async (path, body) => {
      const request = { method: 'POST', headers, body: JSON.stringify(body) };
      const answer = await fetch(`${base}${path}`, request);
      return { status: answer.status, body: await answer.json() };
    },
    tokens: [read ?? '', trade ?? ''],
  };
}
