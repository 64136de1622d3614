/** A calibration's file as the settings name it: read, or refused with its path and the reason. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCalibrationFile, type CalibratedSettings } from '../../src/config/calibration-file.js';
import { ConfigError, loadConfig } from '../../src/config/load-config.js';
import { calibrationText } from '../../src/model/calibration.js';

const folder = mkdtempSync(join(tmpdir(), 'perpetua-calibration-file-'));
const points = [{ from: 0, to: 1, hitRate: 0.56, looks: 412 }];

function read(text: string | undefined, settings: Partial<CalibratedSettings> = {}): unknown {
  const path = join(folder, 'calibration.json');
  if (text !== undefined) writeFileSync(path, text);
  const calibration = text === undefined ? join(folder, 'nowhere.json') : path;
  const result = readCalibrationFile({ name: 'sniper', calibration, ...settings });
  return result?.ok === false ? result.error.message.replaceAll(folder, '') : result;
}
const good = calibrationText({ afterSeconds: 30, strategies: { sniper: points } });

it('is nothing where no file is named', () => {
  expect(readCalibrationFile({ name: 'sniper' })).toBeUndefined();
});

it('is its stretches where it is good', () => {
  expect(read(good)).toEqual({ ok: true, value: points });
  expect(read(good, { minConfidence: 0.55 })).toEqual({ ok: true, value: points });
});

it('holds for the settings that it was measured with, whatever is done with the confidence', () => {
  const settings = { meanReversion: { zEnter: 2.5 } };
  const strategies = { meanReversion: points };
  const text = calibrationText({ afterSeconds: 30, strategies, settings });
  const used = { name: 'meanReversion', zEnter: 2.5, stopBps: 1, targetBps: 7, minConfidence: 0.1 };
  expect(read(text, used)).toMatchObject({ ok: true });
  expect(read(text, { ...used, zEnter: 3 } as object)).toContain(
    'measured with other settings (zEnter 2.5, now 3): measure again',
  );
});

it.each<[string, string | undefined, Partial<CalibratedSettings>, string]>([
  ['missing', undefined, {}, '/nowhere.json cannot be read: ENOENT'],
  [
    'malformed in what it was measured with',
    calibrationText({ afterSeconds: 30, strategies: { sniper: points } }).replace(
      '"afterSeconds"',
      '"settings": [], "afterSeconds"',
    ),
    {},
    '/calibration.json: expected settings by strategy, was []',
  ],
  ['malformed', '[]', {}, '/calibration.json: expected kind perpetua.calibration/1, was []'],
  [
    'too thin',
    good.replace('412', '299'),
    {},
    '/calibration.json: expected at least 300 looks, was 299: too thin',
  ],
  [
    'of another strategy',
    good,
    { name: 'mine' },
    'expected looks of strategy mine, was of: sniper',
  ],
  [
    'never above the limit',
    good,
    { minConfidence: 0.8 },
    'expected a hit rate above minConfidence 0.8, was 0.56 at best: it would never enter',
  ],
])('is refused when it is %s', (_, text, settings, words) => {
  expect(read(text, settings)).toContain(words);
});

it.each([
  ['a strategy of ours', '  - name: sniper'],
  ['a file', '  - file: mine.js'],
])('of %s is a mistake of the settings, with its place, when it is refused', (_, entry) => {
  const file = join(folder, 'perpetua.yaml');
  writeFileSync(file, `strategies:\n${entry}\n    calibration: nowhere.json\n`);
  const load = () => loadConfig({ environment: {}, file });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(
    'perpetua.yaml:3:18: strategies.0.calibration: nowhere.json cannot be read: ENOENT',
  );
});
