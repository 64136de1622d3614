/** How tests run: one process per file, Node's own module resolution, coverage of src/ and machines/. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    deps: { interopDefault: false },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts'],
      exclude: ['src/main.ts', 'src/**/*.worker.ts', 'src/web/**', 'src/index.ts'],
      reporter: ['text-summary', 'json-summary', 'lcovonly'],
      thresholds: { lines: 95 },
    },
  },
});
