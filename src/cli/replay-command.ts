/** `perpetua replay`: a recording through layers 3 to 5, its report, scorecard and calibration. */
import { replayFile, type ReplayEngine, type ReplayOptions } from '../app/replay.js';
import { chooseByConfig, chooseByName, type Choice } from '../app/strategy-choice.js';
import { confidenceSettings } from '../config/strategy-schema.js';
import { Failure } from '../model/result.js';
import { calibrationText, readCalibration } from '../model/calibration.js';
import { calibrationOf } from '../report/calibration-table.js';
import type { ScorecardReport } from '../report/scorecard.js';
import { scorecardText } from '../report/scorecard-text.js';
import { replaceFile } from './replace-file.js';
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
  if (report.warning !== undefined) {
    terminal.err(`perpetua: ${report.warning}: it was cut, and the rest is missing`);
  }
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
  const { strategy: measured, warning } = report;
  const source = { card, measured, choice, isCut: warning !== undefined };
  writeCalibration(calibration, source, terminal);
}

interface Measured {
  readonly card: ScorecardReport;
  /** The strategy that was run. */
  readonly measured: string;
  readonly choice: Choice;
  readonly isCut: boolean;
}

/** Throws, and leaves what there is, when a start would refuse what was measured. */
function writeCalibration(
  path: string,
  { card, measured, choice: { settings }, isCut }: Measured,
  terminal: Terminal,
): void {
  const made = { [settings.name]: confidenceSettings(settings) };
  const table = { ...calibrationOf(card, CALIBRATED_AFTER_S), settings: made };
  const text = calibrationText(table);
  const read = readCalibration(text, measured);
  if (!read.ok) {
    const words = `calibration of ${measured} not written: ${read.error.message}`;
    const looks = `after ${card.looks} looks at markets; ${path} is untouched`;
    throw new Failure('replay.calibration', `${words}, ${looks}`, { retryable: false });
  }
  replaceFile(path, text);
  const written = isCut ? 'written, of a recording that was cut' : 'written';
  for (const strategy of Object.keys(table.strategies)) {
    const usable = readCalibration(text, strategy);
    const words = usable.ok ? written : `${written}, but will be refused: ${usable.error.message}`;
    terminal.err(`calibration of ${strategy} ${words}`);
  }
}
