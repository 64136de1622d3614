/** One entry of `strategies`: the schema of its kind, its defaults, and every mistake in it. */
import { basename, extname } from 'node:path';
import { Default } from 'typebox/value';
import { SIGNAL_NAMES } from '../model/signal.js';
import { readCalibrationFile, type CalibratedSettings } from './calibration-file.js';
import { check, show, type Mistake } from './check-settings.js';
import type { Mode } from './config-schema.js';
import {
  contradictions,
  fileStrategySchema,
  isStrategyName,
  STRATEGY_NAMES,
  strategySchemas,
  type FileSettings,
  type NamedSettings,
} from './strategy-schema.js';

export interface SettledStrategy {
  /** Undefined when there are mistakes. */
  readonly settings: NamedSettings | FileSettings | undefined;
  readonly problems: readonly Mistake[];
}

/** It stands in paths of the API and in keys of the journal. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Beside them it stands in the scorecard. */
const SIGNALS: ReadonlySet<string> = new Set(SIGNAL_NAMES);

export function settleStrategy(entry: unknown, path: string, mode: Mode): SettledStrategy {
  // What is no object has been named by the check of the whole.
  if (typeof entry !== 'object' || entry === null) return { settings: undefined, problems: [] };
  if ('file' in entry) return settleFile(entry, path);
  const name = 'name' in entry ? entry.name : 'sniper';
  if (!isStrategyName(name)) {
    const message = `expected one of ${STRATEGY_NAMES.join(', ')}, was ${show(name)}`;
    const problem = { path: `${path}.name`, message: `${message}; a file is given with file:` };
    return { settings: undefined, problems: [problem] };
  }
  const schema = strategySchemas[name];
  const settings = Default(schema, { ...entry }) as NamedSettings;
  const problems = check(schema, settings, path);
  if (name === 'marketMaker' && mode === 'paper') {
    const reason = 'it quotes, and paper has no queue in which an order could rest';
    const message = `expected mode live or shadow for marketMaker (${reason}), was ${show(mode)}`;
    problems.push({ path: `${path}.name`, message });
  }
  if (problems.length === 0) {
    problems.push(...contradictionsOf(settings, path), ...calibrationMistakes(settings, path));
  }
  return { settings: problems.length === 0 ? settings : undefined, problems };
}

function contradictionsOf(settings: NamedSettings, path: string): Mistake[] {
  return contradictions(settings).map(([key, expected]) => ({
    path: `${path}.${key}`,
    message: `expected ${expected}`,
  }));
}

function calibrationMistakes(settings: CalibratedSettings, path: string): Mistake[] {
  const read = readCalibrationFile(settings);
  if (read === undefined || read.ok) return [];
  return [{ path: `${path}.calibration`, message: read.error.message }];
}

function settleFile(entry: object, path: string): SettledStrategy {
  if ('name' in entry) {
    const message = `expected name or file, not both, was name ${show(entry.name)}`;
    return { settings: undefined, problems: [{ path: `${path}.name`, message }] };
  }
  const settings = Default(fileStrategySchema, { ...entry }) as Omit<FileSettings, 'name'>;
  const problems = check(fileStrategySchema, settings, path);
  if (problems.length > 0) return { settings: undefined, problems };
  const name = nameOfFile(settings.file);
  if (NAME.test(name) && !isStrategyName(name) && !SIGNALS.has(name)) {
    const named = { ...settings, name };
    return { settings: named, problems: calibrationMistakes(named, path) };
  }
  const expected =
    'a file whose name is letters, digits, _ and -, and none of our strategies and signals';
  const message = `expected ${expected}, was ${show(settings.file)}`;
  return { settings: undefined, problems: [{ path: `${path}.file`, message }] };
}

export const nameOfFile = (file: string): string => basename(file, extname(file));
