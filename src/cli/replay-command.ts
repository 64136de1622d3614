/** `perpetua replay`: a recording through layers 3 to 5, its report, scorecard and calibration. */
import { writeFileSync } from 'node:fs';
import { replayFile, type ReplayEngine, type ReplayOptions } from '../app/replay.js';
import { chooseByConfig, chooseByName } from '../app/strategy-choice.js';
import { confidenceSettings } from '../config/strategy-schema.js';
import { Failure } from '../model/result.js';
import { calibrationText, readCalibration } from '../model/calibration.js';
import { calibrationOf } from '../report/calibration-table.js';
import { scorecardText } from '../report/scorecard-text.js';
import type { Terminal } from './terminal.js';

export interface ReplayFlags {
  readonly engine?: ReplayEngine;
  /** One of ours by name, or a file. */
  readonly strategy?: string;
  /** The settings of `run`: its strategy, as it is set there. */
  readonly config?: string;
  readonly json?: boolean;
  readonly scorecard?: boolean;
  /** Where to write the calibration. */
  readonly calibration?: string;
}

/** How long after a look its confidence is judged: about as long as a position is held. */
const CALIBRATED_AFTER_S = 30;

export async function runReplay(
  path: string,
  { engine = 'streaming', strategy, config, json, scorecard, calibration }: ReplayFlags,
  terminal: Terminal,
): Promise<void> {
  const refuse = (words: string): never => {
    throw new Failure('replay.strategy', words, { retryable: false });
  };
  if (engine === 'legacy' && (strategy ?? config) !== undefined) {
    const given = strategy === undefined ? '--config' : '--strategy';
    const words = `expected no ${given}, was ${strategy ?? config}`;
    refuse(`--engine legacy brings its own strategy; ${words}`);
  }
  if (strategy !== undefined && config !== undefined) {
    refuse(`expected --strategy or --config, not both, was ${strategy} and ${config}`);
  }
  const isScored = scorecard === true || calibration !== undefined;
  const choice = await (config === undefined
    ? chooseByName(strategy ?? 'sniper')
    : chooseByConfig(config));
  const options: ReplayOptions = { engine, choice, scorecard: isScored };
  const { scorecard: card, ...report } = await replayFile(path, options);
  if (report.frames.received === 0) {
    const words = 'expected at least one line of {"receivedAt", "frame"}';
    throw new Failure('replay.empty', `${path}: ${words}, was none`, { retryable: false });
  }
  const told = scorecard === true && card !== undefined ? card : undefined;
  if (json === true) {
    const whole = told === undefined ? report : { ...report, scorecard: told };
    terminal.out(JSON.stringify(whole));
  } else {
    terminal.out(JSON.stringify(report, null, 2));
    if (told !== undefined) terminal.out(scorecardText(told));
  }
  if (calibration === undefined || card === undefined) return;
  const { settings } = choice;
  const measured = { [settings.name]: confidenceSettings(settings) };
  const table = { ...calibrationOf(card, CALIBRATED_AFTER_S), settings: measured };
  const text = calibrationText(table);
  writeFileSync(calibration, text);
  for (const strategy of Object.keys(table.strategies)) {
    const usable = readCalibration(text, strategy);
    const words = usable.ok ? 'written' : `written, but will be refused: ${usable.error.message}`;
    terminal.err(`calibration of ${strategy} ${words}`);
  }
}
