/** The strategies part of the settings: each with its own, unknown keys refused, all at once. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { STRATEGY_NAMES, strategySchemas } from '../../src/config/strategy-schema.js';
import { MEAN_REVERSION_DEFAULTS } from '../../src/strategy/mean-reversion.js';
import { MOMENTUM_BREAKOUT_DEFAULTS } from '../../src/strategy/momentum-breakout.js';
import { ORDER_BOOK_SCALPER_DEFAULTS } from '../../src/strategy/order-book-scalper.js';
import { DEFAULT_TERMS } from '../../src/strategy/circumstances.js';
import { MARKET_MAKER_DEFAULTS } from '../../src/strategy/two-sided-quoter.js';
import { SNIPER_DEFAULTS } from '../../src/strategy/sniper.js';
import { termsOf } from '../../src/app/strategy-choice.js';

const folder = mkdtempSync(join(tmpdir(), 'perpetua-strategies-'));

function settled(entry: object, mode = 'shadow') {
  return loadConfig({ environment: {}, flags: { mode, strategies: [entry] } }).strategies[0];
}

function problems(...lines: string[]): string[] {
  const file = join(folder, 'given.yaml');
  writeFileSync(file, lines.join('\n'));
  try {
    loadConfig({ environment: {}, file });
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, '').split('\n');
  }
  return [];
}

describe('the settings of a strategy', () => {
  it.each(STRATEGY_NAMES)('%s are complete when only its name is written', (name) => {
    const settings = settled({ name });
    // A calibration is measured: there is none by default.
    const keys = Object.keys(strategySchemas[name].properties);
    expect(Object.keys(settings ?? {}).toSorted()).toEqual(
      keys.filter((key) => key !== 'calibration').toSorted(),
    );
  });

  it('have the defaults that the strategies have', () => {
    expect(MEAN_REVERSION_DEFAULTS).toMatchObject(own('meanReversion', MEAN_REVERSION_DEFAULTS));
    expect(MOMENTUM_BREAKOUT_DEFAULTS).toMatchObject(
      own('momentumBreakout', MOMENTUM_BREAKOUT_DEFAULTS),
    );
    expect(ORDER_BOOK_SCALPER_DEFAULTS).toMatchObject(
      own('orderBookScalper', ORDER_BOOK_SCALPER_DEFAULTS),
    );
    expect(MARKET_MAKER_DEFAULTS).toMatchObject(own('marketMaker', MARKET_MAKER_DEFAULTS));
    expect(SNIPER_DEFAULTS).toMatchObject(own('sniper', SNIPER_DEFAULTS));
    const sniper = settled({});
    expect(sniper).toMatchObject({ minConfidence: SNIPER_DEFAULTS.confidenceMin });
    expect(sniper && termsOf(sniper)).toEqual(DEFAULT_TERMS);
  });

  it('are refused for every mistake at once, each with its place', () => {
    const found = problems(
      'seed: -1',
      'strategies:',
      '  - name: meanReversion',
      '    minConfidence: 0.5',
      '    zEnter: 0',
      '    windowSeconds: soon',
    );
    expect(found).toEqual([
      'given.yaml:1:7: seed: expected a number >= 0, was -1',
      'given.yaml:4:20: strategies.0.minConfidence: unknown key',
      'given.yaml:5:13: strategies.0.zEnter: expected a number > 0, was 0',
      'given.yaml:6:20: strategies.0.windowSeconds: expected a value of type integer, was "soon"',
    ]);
  });

  it.each([
    [
      'an unknown name',
      ['  - name: snipper'],
      'strategies.0.name: expected one of sniper, meanReversion, momentumBreakout, ' +
        'orderBookScalper, marketMaker, was "snipper"; a file is given with file:',
    ],
    [
      'a name beside a file',
      ['  - name: sniper', '    file: ./mine.ts'],
      'strategies.0.name: expected name or file, not both',
    ],
    ['a file that is called like ours', ['  - file: ./sniper.ts'], 'and none of our strategies'],
    ['a file that is called like a signal', ['  - file: ./volume.js'], 'strategies and signals'],
    [
      'a longer hold than a machine waits',
      ['  - name: sniper', '    maxHoldSeconds: 86401'],
      'maxHoldSeconds: expected a number <= 86400, was 86401',
    ],
    [
      'a longer rest than a machine waits',
      ['  - name: marketMaker', '    coolDownSeconds: 604800'],
      'coolDownSeconds: expected a number <= 86400, was 604800',
    ],
    [
      'a limit price that no exit could have',
      ['  - file: ./mine.js', '    slippageBps: 10000'],
      'slippageBps: expected a number <= 5000, was 10000',
    ],
    ['a file with an odd name', ['  - file: ./a b.ts'], 'letters, digits, _ and -'],
    ['an exit beyond the entry', ['  - name: meanReversion', '    zExit: 3'], 'zExit: expected a'],
    ['a limit within the entry', ['  - name: meanReversion', '    zMax: 2'], 'zMax: expected a'],
    [
      'more samples than seconds',
      ['  - name: meanReversion', '    samplesMin: 999'],
      'samplesMin: expected at most windowSeconds 180, was 999',
    ],
    [
      'more candles needed than there are',
      ['  - name: momentumBreakout', '    candles: 5'],
      'candlesMin: expected at most candles 5, was 10',
    ],
    ['two strategies', ['  - name: sniper', '  - name: meanReversion'], 'strategies: expected'],
    ['something else than an entry', ['  - 7'], 'strategies.0: expected a value of type object'],
  ])('are refused for %s', (_, lines, words) => {
    expect(problems('strategies:', ...lines)[0]).toContain(words);
  });

  it('refuse the market maker on paper, where its quotes could not rest', () => {
    const found = problems('mode: paper', 'strategies:', '  - name: marketMaker');
    expect(found[0]).toContain(
      'strategies.0.name: expected mode live or shadow for marketMaker ' +
        '(it quotes, and paper has no queue in which an order could rest), was "paper"',
    );
    for (const mode of ['live', 'shadow']) {
      expect(problems(`mode: ${mode}`, 'strategies:', '  - name: marketMaker')).toEqual([]);
    }
  });

  it('name a file, and hand over its options as they are', () => {
    const options = { any: [1, { thing: true }] };
    expect(settled({ file: './lib/dip-buyer.ts', options }, 'live')).toMatchObject({
      name: 'dip-buyer',
      file: './lib/dip-buyer.ts',
      options,
    });
  });
});

/** What the settings have by default, of the options that a strategy has under the same name. */
function own(name: string, options: object): object {
  const settings = Object.entries(settled({ name }) ?? {});
  return Object.fromEntries(settings.filter(([key]) => Object.hasOwn(options, key)));
}
