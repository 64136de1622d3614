/** The file that `strategies[].calibration` names: read, and refused with the reason. */
import { readFileSync } from 'node:fs';
import { readCalibration, type CalibrationPoint } from '../model/calibration.js';
import { fail, type Result } from '../model/result.js';
import { confidenceSettings } from './strategy-schema.js';

export interface CalibratedSettings {
  readonly name: string;
  readonly calibration?: string;
  /** Of strategies that have such a limit. */
  readonly minConfidence?: number;
}

/** Undefined: the settings name no file. */
export function readCalibrationFile(
  settings: CalibratedSettings,
): Result<readonly CalibrationPoint[]> | undefined {
  const { name, calibration: path, minConfidence = 0 } = settings;
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail('calibration.missing', `${path} cannot be read: ${(error as Error).message}`);
  }
  const read = readCalibration(text, name, confidenceSettings(settings));
  if (!read.ok) return fail(read.error.code, `${path}: ${read.error.message}`);
  const best = Math.max(...read.value.map(({ hitRate }) => hitRate));
  if (best > minConfidence) return read;
  const found = `was ${best.toFixed(2)} at best`;
  const words = `expected a hit rate above minConfidence ${minConfidence}, ${found}`;
  return fail('calibration.unreachable', `${path}: ${words}: it would never enter`);
}
