/** Settings: sources, defaults, and all mistakes at once with their places. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, type ConfigSources } from '../../src/config/load-config.js';

const folder = mkdtempSync(join(tmpdir(), 'perpetua-config-'));
let files = 0;
function yaml(...lines: string[]): string {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

function problemsOf(sources: ConfigSources): string[] {
  try {
    loadConfig({ environment: {}, ...sources });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '').split('\n');
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('is complete and frozen when nothing is written', () => {
    const config = loadConfig({ environment: {} });
    expect(config.network).toBe('embedded');
    expect(config.mode).toBe('live');
    expect(config.markets).toEqual(['all']);
    expect(config.strategies[0]).toMatchObject({ name: 'sniper', minConfidence: 0.8 });
    expect(Object.isFrozen(config.risk)).toBe(true);
  });

  it.each([
    ['embedded', 'live'],
    ['testnet', 'shadow'],
    ['mainnet', 'shadow'],
  ])('on %s defaults to mode %s', (network, mode) => {
    expect(loadConfig({ environment: {}, flags: { network } }).mode).toBe(mode);
  });

  it('names an unknown key, a negative limit and a bad market all at once, with their lines', () => {
    const file = yaml(
      'network: embedded',
      'unknwon: 3',
      'risk:',
      '  maxOrderNotionalUsd: -5',
      'markets: [BTC-USD, BTCUSD]',
    );
    const name = file.split('/').at(-1);
    expect(problemsOf({ file })).toEqual([
      `${name}:2:10: unknwon: unknown key`,
      `${name}:4:24: risk.maxOrderNotionalUsd: expected a number > 0, was -5`,
      `${name}:5:20: markets.1: expected a ticker like BTC-USD, or all, was "BTCUSD"`,
    ]);
  });

  it.each([
    [
      'a limit that is not a number',
      ['risk:', '  maxExposureUsd: lots'],
      'risk.maxExposureUsd: expected a value of type number, was "lots"',
    ],
    [
      'a limit of not-a-number',
      ['risk:', '  maxExposureUsd: .nan'],
      'risk.maxExposureUsd: expected',
    ],
    ['an infinite limit', ['risk:', '  maxExposureUsd: .inf'], 'risk.maxExposureUsd: expected'],
    [
      'a word that is none of the choices',
      ['network: minenet'],
      'network: expected one of embedded, testnet, mainnet, was "minenet"',
    ],
    [
      'an address of another chain',
      ['account:', '  address: cosmos1abc'],
      'account.address: expected a dydx1… address, was "cosmos1abc"',
    ],
    [
      'a collar above the maximum',
      ['risk:', '  priceCollarPct: 80'],
      'risk.priceCollarPct: expected a number <= 50, was 80',
    ],
    ['no markets', ['markets: []'], 'markets: expected'],
    [
      'an indexer without its version',
      ['endpoints:', '  restUrl: https://indexer.example'],
      'endpoints.restUrl: expected an http(s) address that ends with /v4',
    ],
    ['broken YAML', ['risk: {'], '(file): '],
    [
      'an unknown key in a list',
      ['strategies:', '  - name: sniper', '    speed: 9'],
      'strategies.0.speed: unknown key',
    ],
  ])('refuses %s and says where', (_, lines, expected) => {
    const [first = ''] = problemsOf({ file: yaml(...lines) });
    expect(first).toContain(expected);
    expect(first).toMatch(/^\d+\.yaml:\d+:\d+: /);
  });

  it.each([
    ['- network: mainnet', 'a list'],
    ['hello', 'a string'],
    ['42', 'a number'],
    ['false', 'a boolean'],
  ])('refuses a file of which the whole is no mapping: %s', (text, was) => {
    const [problem] = problemsOf({ file: yaml(text) });
    expect(problem).toMatch(/:1:1: \(file\): /);
    expect(problem).toContain(`expected settings by their names, was ${was}`);
  });

  it('says which file cannot be read', () => {
    expect(problemsOf({ file: join(folder, 'none.yaml') })[0]).toContain(
      'none.yaml: (file): cannot be read',
    );
  });

  it('lets flags win over the environment and the environment over the file', () => {
    const file = yaml('seed: 1', 'subaccount: 1', 'embedded:', '  markets: 3');
    const config = loadConfig({
      file,
      environment: {
        PERPETUA_SEED: '2',
        PERPETUA_SUBACCOUNT: '2',
        PERPETUA_RISK_MAX_EXPOSURE_USD: '77',
      },
      flags: { seed: '3', mode: undefined },
    });
    expect([config.seed, config.subaccount, config.embedded.markets]).toEqual([3, 2, 3]);
    expect(config.risk.maxExposureUsd).toBe(77);
  });

  it('reads a list of markets from one text', () => {
    expect(loadConfig({ environment: {}, flags: { markets: 'BTC-USD, ETH-USD' } }).markets).toEqual(
      ['BTC-USD', 'ETH-USD'],
    );
  });

  it('names the variable or the flag that is wrong', () => {
    expect(problemsOf({ environment: { PERPETUA_SEED: 'x' } })[0]).toContain(
      'environment PERPETUA_SEED: seed: expected',
    );
    expect(problemsOf({ flags: { 'admin.port': '70000' } })[0]).toBe(
      'flag --admin.port: admin.port: expected a number <= 65535, was 70000',
    );
  });

  it.each([
    ['seed: 1.5', 'seed: expected a value of type integer, was 1.5'],
    ['subaccount: 0.9', 'subaccount: expected a value of type integer, was 0.9'],
    ['subaccount: "1"', 'subaccount: expected a value of type integer, was "1"'],
    ['subaccount:', 'subaccount: expected a value of type integer, was null'],
    ['risk: { maxExposureUsd: true }', 'risk.maxExposureUsd: expected a value of type number'],
    ['account: { authenticator: 12.9 }', 'account.authenticator: expected a value of type integer'],
    ['account: { authenticator: }', 'account.authenticator: expected a value of type integer'],
    ['account: { acceptKeyThatCanWithdraw: 1 }', 'expected a value of type boolean, was 1'],
    ['strategies: [{ maxPositions: 3.9 }]', 'strategies.0.maxPositions: expected'],
    ['strategies: [{ minConfidence: }]', 'strategies.0.minConfidence: expected'],
    ['strategies: [{ minConfidence: "0.9" }]', 'strategies.0.minConfidence: expected'],
  ])('makes no other value of what is written: %s', (line, expected) => {
    expect(problemsOf({ file: yaml(line) })[0]).toContain(expected);
  });

  it.each([
    ['PERPETUA_SEED', '', 'seed: expected a value of type integer, was ""'],
    ['PERPETUA_SEED', '1.5', 'seed: expected a value of type integer, was 1.5'],
    ['PERPETUA_SEED', '0x10', 'seed: expected a value of type integer, was "0x10"'],
    ['PERPETUA_RISK_MAX_EXPOSURE_USD', 'Infinity', 'risk.maxExposureUsd: expected'],
    ['PERPETUA_RISK_MAX_EXPOSURE', '100', '(variable): no setting has this name'],
    ['PERPETUA_STRATEGIES', 'sniper', '(variable): no setting has this name'],
    ['PERPETUA_ACCOUNT_ACCEPT_KEY_THAT_CAN_WITHDRAW', 'yes', 'type boolean, was "yes"'],
  ])('refuses %s=%s from the environment', (name, text, expected) => {
    const [problem = ''] = problemsOf({ environment: { [name]: text } });
    expect(problem).toContain(`environment ${name}: `);
    expect(problem).toContain(expected);
  });

  it('reads numbers and answers of the environment as they are meant', () => {
    const environment = {
      PERPETUA_RISK_PRICE_COLLAR_PCT: ' 1.5e0 ',
      PERPETUA_ACCOUNT_ACCEPT_KEY_THAT_CAN_WITHDRAW: 'false',
      OTHER_SEED: '9',
    };
    const { risk, account } = loadConfig({ environment });
    expect([risk.priceCollarPct, account.acceptKeyThatCanWithdraw]).toEqual([1.5, false]);
  });

  it('names twenty mistakes when there are twenty', () => {
    const unknown = Array.from({ length: 20 }, (_, index) => `wrong${index}: 1`);
    expect(problemsOf({ file: yaml(...unknown) })).toHaveLength(20);
  });
});
