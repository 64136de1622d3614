/** The fault plan of `perpetua devnet`: a file, then single faults on top, all mistakes at once. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ConfigError, type ConfigProblem } from '../config/load-config.js';
import {
  NO_FAULTS,
  parseFaults,
  problemText,
  readFaultPlan,
  type FaultPlan,
} from '../simulator/faults/fault-plan.js';

export interface FaultFlags {
  /** YAML or JSON: fault names and values. */
  readonly faults?: string;
  /** `name=value`, later ones win. */
  readonly fault?: readonly string[];
}

/** Throws a `ConfigError`. */
export function faultPlanOf({ faults: file, fault: single = [] }: FaultFlags): FaultPlan {
  const sources: readonly (readonly [place: string, changes: unknown])[] = [
    ...(file === undefined ? [] : [[file, readFaults(file)] as const]),
    ['flag --fault', parseFaults(single)],
  ];
  const problems: ConfigProblem[] = [];
  let plan = NO_FAULTS;
  for (const [place, changes] of sources) {
    const reading = readFaultPlan(changes, plan);
    if (reading.ok) plan = reading.plan;
    else {
      problems.push(
        ...reading.problems.map((problem) => {
          const message = problemText(problem).slice(`${problem.path}: `.length);
          return { place, path: problem.path, message };
        }),
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return plan;
}

function readFaults(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    const message = (error as Error).message.split('\n')[0] ?? '';
    throw new ConfigError([{ place: file, path: '(file)', message: `cannot be read: ${message}` }]);
  }
}
