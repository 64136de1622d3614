/**
 * The embedded exchange: `perpetua devnet` as a child process, which ends with us. Its first line
 * on stdout announces the port.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure } from '../model/result.js';

export interface EmbeddedOptions {
  /** The built command line, `dist/src/main.js`. */
  readonly program: string;
  readonly seed: number;
  readonly markets: number;
  readonly preset: string;
  /** In which the child must announce its port, or it is killed. */
  readonly startDeadlineMs?: number;
}

export interface EmbeddedExchange {
  readonly port: number;
  /** Resolves when the child has ended, with words on how. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 2_000;

export async function startEmbeddedExchange(options: EmbeddedOptions): Promise<EmbeddedExchange> {
  const { program, seed, markets, preset, startDeadlineMs = START_DEADLINE_MS } = options;
  const traders = [`--seed=${seed}`, `--markets=${markets}`, `--preset=${preset}`];
  const child = spawn(process.execPath, [program, 'devnet', '--child', '--port=0', ...traders], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit ${signal ?? code}`));
  });
  const port = await announcedPort(child.stdout, ended, startDeadlineMs).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const close = async (): Promise<void> => {
    child.stdin.end();
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(late);
  };
  return { port, ended, close };
}

async function announcedPort(
  stdout: NodeJS.ReadableStream,
  ended: Promise<string>,
  deadlineMs: number,
): Promise<number> {
  const lines = createInterface({ input: stdout });
  const line = new Promise<string>((resolve) => {
    lines.once('line', resolve);
  });
  const early = ended.then((how) => {
    throw failure(`the exchange ended: ${how}`);
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure('no port announced')), deadlineMs);
  });
  const announced = await Promise.race([line, early, late]).finally(() => clearTimeout(timer));
  const port = Number(/^\{"port":(\d{1,5})\}$/.exec(announced)?.[1]);
  if (port > 0) return port;
  throw failure(`expected {"port":…}, was ${announced.slice(0, 100)}`);
}

const failure = (message: string): Failure =>
  new Failure('embedded.start', message, { retryable: false });
