/**
 * How tests run: in two processes, Node's own module resolution, coverage of src/ and machines/.
 *
 * Most files share what they import, which takes longer to load than most of them to run. A file
 * that changes a module or the process for itself, or starts processes, has one of its own.
 */
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Runs for more than a minute: begun last, it would run alone when all others are over. */
const LONGEST = 'test/service/crashed-service.test.ts';

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(LONGEST);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

const ALONE = [
  'test/{bench,cli,service}/**/*.test.ts',
  'test/app/{bug-watch,real-world,run-service}.test.ts',
  'test/journal/{journal-trim,recording-disk}.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
        },
      },
    ],
    deps: { interopDefault: false },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts'],
      exclude: ['src/main.ts', 'src/**/*.worker.ts', 'src/web/**', 'src/index.ts'],
      reporter: ['text-summary', 'json-summary', 'lcovonly'],
      thresholds: { lines: 95 },
    },
  },
});
