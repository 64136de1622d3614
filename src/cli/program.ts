/** The command line: its words, its help, and which exit code means what. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError, loadConfig } from '../config/load-config.js';

/** sysexits: a wrong word on the command line, a failure inside, a wrong setting. */
export const EXIT = { ok: 0, failed: 1, usage: 64, software: 70, config: 78 } as const;

/** What the commands print to, and how they end: passed in so that tests can look. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** `90`, `90s`, `5m`, `500ms` → milliseconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? 's'] ?? 1000;
  if (!match) throw new InvalidArgumentError('expected a duration like 60s, 5m or 500ms');
  return Number(match[1]) * unit;
}

const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
};

interface RunFlags {
  readonly config?: string;
  readonly network?: string;
  readonly mode?: string;
  readonly seed?: string;
  readonly for?: number;
  readonly json?: boolean;
}

const PRESETS = ['calm', 'busy', 'storm', 'trend', 'crash'];

/** Runs one command. Resolves with the exit code; never throws for what a user can cause. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('perpetua')
    .description('A trading service for dYdX v4 perpetual futures.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  addRun(program, terminal, (exit) => (code = exit));
  addDevnet(program, terminal, (exit) => (code = exit));
  addReplay(program, terminal, (exit) => (code = exit));
  addConfig(program, terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
}

function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof ConfigError) {
    terminal.err(error.message);
    return EXIT.config;
  }
  if (typeof error === 'object' && error !== null && 'exitCode' in error) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  terminal.err(error instanceof Error ? `perpetua: ${error.message}` : String(error));
  return EXIT.software;
}

type Finish = (code: number) => void;

function addRun(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('run')
    .description('Trade, on an embedded exchange of our own unless told otherwise.')
    .option('--config <file>', 'settings in YAML')
    .option('--network <name>', 'embedded, testnet or mainnet')
    .option('--mode <mode>', 'live, paper or shadow (default: live on embedded, else shadow)')
    .option('--seed <n>', 'all chance comes from it')
    .option('--for <duration>', 'stop after this time, such as 120s', duration)
    .option('--json', 'print one JSON object with the figures of the run at the end')
    .action(async (flags: RunFlags) => {
      const config = loadConfig({
        file: flags.config,
        flags: { network: flags.network, mode: flags.mode, seed: flags.seed },
      });
      const { runService } = await import('../app/run-service.js');
      finish(await runService(config, { forMs: flags.for, json: flags.json ?? false, terminal }));
    });
}

function addDevnet(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('devnet')
    .description(
      'A dYdX v4 of our own: indexer WebSocket, indexer REST and validator RPC on one port.',
    )
    .option('--port <n>', 'TCP port on loopback, 0 = any', whole, 26657)
    .option('--seed <n>', 'of the traders and the chain', whole, 7)
    .option('--markets <n>', 'how many, 1 to 250', whole, 8)
    .addOption(new Option('--preset <name>', 'how lively').choices(PRESETS).default('busy'))
    .option('--for <duration>', 'stop after this time, such as 60s', duration)
    .option('--json', 'print one JSON object with the figures at the end')
    .addOption(new Option('--child', 'end with the parent process').hideHelp())
    .action(async (flags: Parameters<typeof import('./devnet.js').runDevnet>[0]) => {
      const { runDevnet } = await import('./devnet.js');
      finish(await runDevnet(flags, terminal));
    });
}

function addReplay(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('replay')
    .description('Run a recording of frames through layers 3 to 5 on its own time line.')
    .argument('<recording>', 'lines of {"receivedAt", "frame"}, plain or gzip')
    .option('--json', 'print one JSON object')
    .action(async (path: string, flags: { readonly json?: boolean }) => {
      const { replayFile } = await import('../app/replay.js');
      const report = await replayFile(path);
      terminal.out(JSON.stringify(report, null, flags.json === true ? 0 : 2));
      finish(EXIT.ok);
    });
}

function addConfig(program: Command, terminal: Terminal): void {
  program
    .command('config')
    .description('Settings.')
    .command('check')
    .description('Read the settings, name every mistake with its place, or print them as used.')
    .option('--config <file>', 'settings in YAML')
    .action((flags: { readonly config?: string }) => {
      terminal.out(JSON.stringify(loadConfig({ file: flags.config }), null, 2));
    });
}
