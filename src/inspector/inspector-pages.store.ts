/**
 * The inspector's static pages, read once from beside this file: an in-memory manifest, no paths
 * from outside.
 */
import { readFileSync } from 'node:fs';

const PAGES = [
  ['/inspect', 'inspect.html', 'text/html; charset=utf-8'],
  ['/inspect/inspect.js', 'inspect.js', 'text/javascript; charset=utf-8'],
  ['/inspect/inspect.css', 'inspect.css', 'text/css; charset=utf-8'],
  ['/inspect/stately', 'stately.html', 'text/html; charset=utf-8'],
  ['/inspect/stately.js', 'stately.js', 'text/javascript; charset=utf-8'],
] as const;

export function inspectorPages(): ReadonlyMap<string, { type: string; body: string }> {
  return new Map(
    PAGES.map(([path, file, type]) => [
      path,
      { type, body: readFileSync(new URL(`./pages/${file}`, import.meta.url), 'utf8') },
    ]),
  );
}
