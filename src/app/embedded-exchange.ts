/**
 * The embedded exchange: `perpetua devnet` as a child process, which ends with us. Its first line on
 * stdout announces the port.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure } from '../model/result.js';

export interface EmbeddedOptions {
  /** The built command line, `dist/src/main.js`. */
  readonly program: string;
  readonly seed: number;
  readonly markets: number;
  readonly preset: string;
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
  const { program, seed, markets, preset } = options;
  const child = spawn(
    process.execPath,
    // prettier-ignore
    [program, 'devnet', '--port', '0', '--seed', `${seed}`, '--markets', `${markets}`,
     '--preset', preset, '--child'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit ${signal ?? code}`));
  });
  const port = await announcedPort(child, ended);
  const close = async (): Promise<void> => {
    child.stdin.end();
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(late);
  };
  return { port, ended, close };
}

async function announcedPort(child: ChildProcess, ended: Promise<string>): Promise<number> {
  if (child.stdout === null) throw new Failure('embedded.start', 'no stdout', { retryable: false });
  const lines = createInterface({ input: child.stdout });
  const line = new Promise<string>((resolve) => {
    lines.once('line', resolve);
  });
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Failure('embedded.start', 'no port announced', { retryable: false })),
      START_DEADLINE_MS,
    );
    timer.unref();
  });
  const early = ended.then((how) => {
    throw new Failure('embedded.start', `the exchange ended: ${how}`, { retryable: false });
  });
  const { port } = JSON.parse(await Promise.race([line, early, late])) as { port: number };
  lines.on('line', () => undefined);
  return port;
}
