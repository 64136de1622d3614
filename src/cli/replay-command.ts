/** `perpetua replay`: a recording through layers 3 to 5, its report, scorecard and calibration. */
import { writeFileSync } from 'node:fs';
import { replayFile, type ReplayEngine, type ReplayOptions } from '../app/replay.js';
import { chooseByName } from '../app/strategy-choice.js';
import { Failure } from '../model/result.js';
import { calibrationText, readCalibration } from '../model/calibration.js';
import { calibrationOf } from '../report/calibration-table.js';
import { scorecardText } from '../report/scorecard-text.js';
import type { Terminal } from './terminal.js';

export interface ReplayFlags {
  readonly engine?: ReplayEngine;
  /** One of ours by name, or a file. */
  readonly strategy?: string;
  readonly json?: boolean;
  readonly scorecard?: boolean;
  /** Where to write the calibration. */
  readonly calibration?: string;
}

/** How long after a look its confidence is judged: about as long as a position is held. */
const CALIBRATED_AFTER_S = 30;

export async function runReplay(
  path: string,
  { engine = 'streaming', strategy, json, scorecard, calibration }: ReplayFlags,
  terminal: Terminal,
): Promise<void> {
  if (engine === 'legacy' && strategy !== undefined) {
    throw new Failure(
      'replay.strategy',
      `--engine legacy brings its own strategy; expected no --strategy, was ${strategy}`,
      { retryable: false },
    );
  }
  const isScored = scorecard === true || calibration !== undefined;
  const choice = await chooseByName(strategy ?? 'sniper');
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
  const table = calibrationOf(card, CALIBRATED_AFTER_S);
  const text = calibrationText(table);
  writeFileSync(calibration, text);
  for (const strategy of Object.keys(table.strategies)) {
    const usable = readCalibration(text, strategy);
    const words = usable.ok ? 'written' : `written, but will be refused: ${usable.error.message}`;
    terminal.err(`calibration of ${strategy} ${words}`);
  }
}
