/** The command line: its words, its help, and which exit code means what. */
import { existsSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Threads } from '../app/real-world.js';
import type { ReplayEngine } from '../app/replay.js';
import type { Config } from '../config/config-schema.js';
import { ConfigError, loadConfig } from '../config/load-config.js';
import { Failure } from '../model/result.js';
import type { DevnetFlags } from './devnet.js';
import type { CreateFlags, ImportFlags, PassphraseFlags } from './keys-command.js';
import type { ReplayFlags } from './replay-command.js';
import { EXIT, type Terminal } from './terminal.js';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Node's timers fire at once when told to wait longer. */
const DURATION_MS_MAX = 2 ** 31 - 1;

/** `90`, `90s`, `5m`, `500ms` → milliseconds, at most 24 days. */
export function duration(text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError('expected a duration like 60s, 5m or 500ms');
  }
  const ms = Number(digits) * (UNITS_MS[unit] ?? NaN);
  if (ms <= DURATION_MS_MAX) return ms;
  throw new InvalidArgumentError('expected at most 24 days');
}

/** A parser of whole numbers from `min` to `max`, both included. */
const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };

const PORT = whole(0, 65_535);
const MARKETS = whole(1, 250);
const SEED = whole(0, Number.MAX_SAFE_INTEGER);
const BLOCK_MS = whole(1, 86_400_000);
const DESCRIPTOR = whole(0, 1023);

/** Refused before anything is begun; who takes the name afterwards is not overwritten either. */
function freeName(path: string): string {
  if (!existsSync(path)) return path;
  throw new InvalidArgumentError('expected a file that is not there yet');
}

const collected = (text: string, earlier: readonly string[] = []): string[] => [...earlier, text];

interface RunFlags extends PassphraseFlags {
  readonly config?: string;
  readonly network?: string;
  readonly mode?: string;
  readonly engine?: string;
  readonly seed?: number;
  readonly for?: number;
  readonly json?: boolean;
  readonly record?: string;
  readonly acceptKeyThatCanWithdraw?: boolean;
}

const ENGINES: readonly ReplayEngine[] = ['streaming', 'batch', 'both'];
const NETWORKS = ['embedded', 'testnet', 'mainnet'];
const MODES = ['live', 'paper', 'shadow'];
const PRESETS = ['none', 'calm', 'busy', 'storm', 'trend', 'crash'];

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
  addKeys(program, terminal);
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
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  terminal.err(`perpetua: ${error instanceof Error ? error.message : String(error)}`);
  return isOfTheWorld(error) ? EXIT.failed : EXIT.software;
}

/** A failure that we named, or one of the operating system, such as a port that is taken. */
const isOfTheWorld = (error: unknown): boolean =>
  error instanceof Failure || (error instanceof Error && 'syscall' in error);

type Finish = (code: number) => void;

function addRun(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('run')
    .description('Trade, on an embedded exchange of our own unless told otherwise.')
    .option('--config <file>', 'settings in YAML')
    .addOption(new Option('--network <name>', 'where to trade').choices(NETWORKS))
    .addOption(new Option('--mode <mode>', 'default: live on embedded, else shadow').choices(MODES))
    .addOption(new Option('--engine <name>', 'streaming, batch, or both').choices(ENGINES))
    .option('--seed <n>', 'all chance comes from it', SEED)
    .option('--for <duration>', 'stop after this time, such as 120s', duration)
    .option('--json', 'print one JSON object with the figures of the run at the end')
    .option('--record <file>', 'keep all frames in a new file, in gzip if it ends in .gz', freeName)
    .option('--passphrase-fd <n>', "descriptor with the keystore's passphrase", DESCRIPTOR)
    .option(
      '--accept-key-that-can-withdraw',
      "trade on a real network with the owner's key, which can take everything",
    )
    .action(async (flags: RunFlags) => {
      const config = loadConfig({
        file: flags.config,
        flags: {
          network: flags.network,
          mode: flags.mode,
          engine: flags.engine,
          seed: flags.seed,
          'account.acceptKeyThatCanWithdraw': flags.acceptKeyThatCanWithdraw,
        },
      });
      (await import('../app/small-heap.js')).keepHeapSmall();
      const threads = config.mode === 'live' ? await threadsAhead() : undefined;
      const { runService } = await import('../app/run-service.js');
      const passphrase = await passphraseOf(config, flags, terminal);
      const { for: forMs, json = false, record } = flags;
      const options = { forMs, json, record, terminal, passphrase, threads };
      finish(await runService(config, options));
    });
}

/** What takes longest to load begins first. */
async function threadsAhead(): Promise<Threads> {
  const { startAhead } = await import('../dydx/signing-thread.client.js');
  return { signer: startAhead() };
}

async function passphraseOf(config: Config, flags: RunFlags, terminal: Terminal) {
  const { asksPassphrase } = await import('../app/signing-key.js');
  if (!asksPassphrase(config)) return undefined;
  const { passphraseForRun } = await import('./keys-command.js');
  return passphraseForRun(flags, terminal);
}

function addDevnet(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('devnet')
    .description(
      'A dYdX v4 of our own: indexer WebSocket, indexer REST and validator RPC on one port.',
    )
    .option('--port <n>', 'TCP port on loopback, 0 = any', PORT, 26657)
    .option('--seed <n>', 'of the traders and the chain', SEED, 7)
    .option('--markets <n>', 'how many, 1 to 250', MARKETS, 8)
    .addOption(
      new Option('--preset <name>', 'how lively (default: busy, with --from none)').choices(
        PRESETS,
      ),
    )
    .option('--from <recording>', 'its books and trades, with its markets, in its own time')
    .option('--block-ms <n>', 'mean time between blocks', BLOCK_MS, 650)
    .addOption(
      new Option('--habits <habits>', "the indexer's delays and errors: none, or the real one's")
        .choices(['off', 'real'])
        .default('real'),
    )
    .option('--faults <file>', 'what goes wrong: fault names and values in YAML or JSON')
    .option('--fault <name=value>', 'one fault, such as socket.drop=0.01; repeatable', collected)
    .option('--fault-seed <n>', 'of the faults (default: the seed)', SEED)
    .option('--control-port <n>', 'set faults while it runs, on loopback, 0 = any', PORT)
    .option('--for <duration>', 'stop after this time, such as 60s', duration)
    .option('--json', 'print one JSON object with the figures at the end')
    .addOption(new Option('--child', 'end with the parent process').hideHelp())
    .action(async (flags: DevnetFlags) => {
      const { runDevnet } = await import('./devnet.js');
      finish(await runDevnet(flags, terminal));
    });
}

function addReplay(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('replay')
    .description('Run a recording of frames through layers 3 to 5 on its own time line.')
    .argument('<recording>', 'lines of {"receivedAt", "frame"}, plain or gzip')
    .addOption(
      new Option(
        '--engine <name>',
        'streaming, batch, both and where they differ, or legacy: what the old bot would have said',
      )
        .choices([...ENGINES, 'legacy'])
        .default('streaming'),
    )
    .option('--strategy <name|file>', 'one of ours (sniper unless named), or a .ts or .js file')
    .option('--config <file>', 'the strategy as these settings have it, in place of --strategy')
    .option('--json', 'print one JSON object')
    .option('--scorecard', 'what the mid did 1, 5, 30 and 300 s after each score')
    .option('--calibration <file>', 'write what confidence was worth 30 s later, for `strategies`')
    .action(async (path: string, flags: ReplayFlags) => {
      const { runReplay } = await import('./replay-command.js');
      await runReplay(path, flags, terminal);
      finish(EXIT.ok);
    });
}

/** No option takes a secret: a command line can be read by everybody on the machine. */
function withPassphrase(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'file with the passphrase of the keystore')
    .option('--passphrase-fd <n>', 'descriptor with it, such as 3', DESCRIPTOR)
    .option('--passphrase-credential <name>', 'credential of systemd with it');
}

function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('Keystores: keys sealed with a passphrase.');
  withPassphrase(keys.command('create'))
    .description('Make a new key, and show its mnemonic once, on the terminal.')
    .argument('<keystore>', 'file to make; one that is there is never overwritten')
    .option('--without-mnemonic', 'show none: the keystore is the only copy')
    .action(async (path: string, flags: CreateFlags) => {
      const { createKeystore } = await import('./keys-command.js');
      await createKeystore({ path, flags, terminal });
    });
  withPassphrase(keys.command('import'))
    .description('Seal a key that you have, given as a mnemonic or in hex.')
    .argument('<keystore>', 'file to make; one that is there is never overwritten')
    .option('--key-fd <n>', 'descriptor with the key; asked for on the terminal if not', DESCRIPTOR)
    .action(async (path: string, flags: ImportFlags) => {
      const { importKeystore } = await import('./keys-command.js');
      await importKeystore({ path, flags, terminal });
    });
  keys
    .command('show')
    .description('Print what is public of a keystore: address, public key, how it is sealed.')
    .argument('<keystore>', 'file that `keys` has made')
    .action(async (path: string) => {
      const { showKeystore } = await import('./keys-command.js');
      showKeystore(path, terminal);
    });
}

function addConfig(program: Command, terminal: Terminal): void {
  program
    .command('config')
    .description('Settings.')
    .command('check')
    .description('Read the settings, name every mistake with its place, or print them as used.')
    .option('--config <file>', 'settings in YAML')
    .action(async (flags: { readonly config?: string }) => {
      const config = loadConfig({ file: flags.config });
      const { preflight } = await import('../app/preflight.js');
      await preflight(config);
      terminal.out(JSON.stringify(config, null, 2));
    });
}
