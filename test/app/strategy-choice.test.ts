/** From the settings to a strategy: with a calibration, measured hit rates decide. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { choose, createChosen, only } from '../../src/app/strategy-choice.js';
import { loadConfig } from '../../src/config/load-config.js';
import { calibrationText } from '../../src/model/calibration.js';
import type { Strategy } from '../../src/ports/strategy.js';
import { sightOf } from '../strategy/sight-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'perpetua-choice-'));
const calibration = join(folder, 'calibration.json');
const settings = (minConfidence: number) => {
  const points = [{ from: 0, to: 1, hitRate: 0.5678, looks: 412 }];
  writeFileSync(calibration, calibrationText({ afterSeconds: 30, strategies: { sniper: points } }));
  const entry = { name: 'sniper', minConfidence, calibration };
  return only(loadConfig({ environment: {}, flags: { strategies: [entry] } }).strategies);
};
const create = async (minConfidence: number): Promise<Strategy> =>
  createChosen(await choose(settings(minConfidence)), {
    mayQuote: false,
    onFault: () => undefined,
  });
const sight = sightOf({ momentum: 70, orderbook: 65, volume: 95, volatility: 90 });

it('a calibrated sniper enters by the hit rate where it would hold by its raw confidence', async () => {
  const verdict = (await create(0.55)).decide(sight);
  expect(verdict).toMatchObject({ type: 'enter', confidence: 0.5678 });
  expect(verdict.reasons[0]?.text).toMatch(
    /^confidence 0\.[0-4]\d \(calibrated 0\.57 from 412 looks\) > 0\.55, rank 1$/,
  );
});

it('a calibration that is gone by the time the strategy is made is named', async () => {
  const choice = await choose(settings(0.55));
  rmSync(calibration);
  const make = () => createChosen(choice, { mayQuote: false, onFault: () => undefined });
  expect(make).toThrow('calibration.json cannot be read');
});
