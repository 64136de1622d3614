/**
 * The one schema of all settings: type, unit, range, default and meaning. File, environment and
 * flags go through it alike; unknown keys are refused.
 */
import Type, { type Static, type TObject } from 'typebox';
import type { StrategySettings } from './strategy-schema.js';

const section = <T extends Type.TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false, default: {} });

const positive = (value: number, description: string) =>
  Type.Number({ exclusiveMinimum: 0, default: value, description });

const url = (scheme: string, description: string) =>
  Type.String({ pattern: `^${scheme}://`, description });
const indexerUrl = Type.String({
  pattern: '^https?://.+/v4$',
  expected: 'an http(s) address that ends with /v4',
  description: 'Indexer REST.',
});
const urls = (one: Type.TString) =>
  Type.Optional(
    Type.Array(one, {
      minItems: 1,
      maxItems: 16,
      expected: '1 to 16 addresses',
    }),
  );
const credential = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$',
      expected: 'a name without slashes',
      description,
    }),
  );

export const configSchema = section({
  network: Type.Enum(['embedded', 'testnet', 'mainnet'], {
    default: 'embedded',
    description: 'embedded: an exchange of our own, started as a child process.',
  }),
  mode: Type.Optional(
    Type.Enum(['live', 'paper', 'shadow'], {
      description: 'live sends, paper fills against the live book in process, shadow only decides.',
    }),
  ),
  seed: Type.Integer({ minimum: 0, default: 7, description: 'All chance comes from it.' }),
  markets: Type.Array(
    Type.String({
      pattern: '^(all|[A-Za-z0-9][A-Za-z0-9.,_/+$-]{0,63}-USD)$',
      expected: 'a ticker like BTC-USD, or all',
    }),
    { minItems: 1, maxItems: 250, default: ['all'], description: 'Tickers, or all.' },
  ),
  subaccount: Type.Integer({
    minimum: 0,
    maximum: 127_999,
    default: 0,
    description: 'Its number; from 128 on a child, for one isolated market.',
  }),
  account: section({
    address: Type.Optional(
      Type.String({
        pattern: '^dydx1[0-9a-z]{38}$',
        expected: 'a dydx1… address',
        description: 'Account to watch or trade.',
      }),
    ),
    keyFile: Type.Optional(
      Type.String({ minLength: 1, description: 'Keystore (0600) made by `perpetua keys`.' }),
    ),
    passphraseFile: Type.Optional(
      Type.String({ minLength: 1, description: 'File (0600) with its passphrase.' }),
    ),
    passphraseCredential: credential('Credential of systemd with its passphrase.'),
    keyCredential: credential('Credential of systemd with the key in hex, in place of keyFile.'),
    authenticator: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'Its number: the key trades by it for `address`, which is not its own.',
      }),
    ),
    acceptKeyThatCanWithdraw: Type.Boolean({
      default: false,
      description: "Trade on a real network with the owner's key, which can take everything.",
    }),
  }),
  /** Of each kind one, or a list in order of preference. */
  endpoints: section({
    restUrl: Type.Optional(indexerUrl),
    restUrls: urls(indexerUrl),
    socketUrl: Type.Optional(url('wss?', 'Indexer WebSocket.')),
    socketUrls: urls(url('wss?', 'Indexer WebSocket.')),
    rpcUrl: Type.Optional(url('https?', 'Validator RPC.')),
    rpcUrls: urls(url('https?', 'Validator RPC.')),
  }),
  /** Each entry has a schema of its own: `strategy-schema.ts`. */
  strategies: Type.Array(Type.Object({}), { minItems: 1, maxItems: 1, default: [{}] }),
  engine: Type.Enum(['streaming', 'batch', 'both'], {
    default: 'streaming',
    description: 'Of layers 3 to 5. both: side by side, with batch as the fallback.',
  }),
  fallback: section({
    latencyMsMax: positive(50, 'A turn of the streaming engine, milliseconds.'),
    cpuPctMax: positive(60, 'The streaming engine over ten seconds, percent of a core.'),
    memoryMbMax: positive(1_024, 'The whole process, resident, MB.'),
    stallMsMax: positive(3_000, 'Frames without a turn being told of, milliseconds.'),
  }),
  risk: section({
    maxOrderNotionalUsd: positive(1_000, 'One order at most, USD.'),
    maxPositionNotionalUsd: positive(2_000, 'One market at most, USD.'),
    maxExposureUsd: positive(5_000, 'All markets, in-flight and unknown orders included, USD.'),
    priceCollarPct: Type.Number({
      exclusiveMinimum: 0,
      maximum: 50,
      default: 5,
      description: 'Limit price at most this far from the oracle, percent.',
    }),
    maxOrdersPerMinute: Type.Integer({ minimum: 1, maximum: 10_000, default: 60 }),
    marginBufferPct: Type.Number({
      minimum: 0,
      maximum: 1_000,
      default: 10,
      description: 'Equity beyond the worst initial margin, percent of it.',
    }),
    maxDailyLossUsd: positive(
      500,
      'Halt (latched) beyond this loss since midnight UTC, or since the best figure, USD.',
    ),
  }),
  admin: section({
    host: Type.String({ default: '127.0.0.1', description: 'Loopback unless you know why not.' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8642, description: '0 = any.' }),
  }),
  journal: section({
    path: Type.String({ minLength: 1, default: '.perpetua', description: 'Folder, 0700.' }),
    locks: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Folder of the locks of all processes; ~/.perpetua/locks unless given.',
      }),
    ),
  }),
  embedded: section({
    markets: Type.Integer({ minimum: 1, maximum: 250, default: 8 }),
    preset: Type.Enum(['calm', 'busy', 'storm', 'trend', 'crash'], { default: 'busy' }),
    fundUsd: positive(10_000, 'What the faucet gives the account, USDC.'),
  }),
  log: section({
    level: Type.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }),
  }),
});

/** As used: complete and frozen. The mode is settled by the network where it was not written. */
export type Config = Omit<Static<typeof configSchema>, 'mode' | 'strategies'> & {
  readonly mode: Mode;
  readonly strategies: readonly StrategySettings[];
};
export type Mode = 'live' | 'paper' | 'shadow';
