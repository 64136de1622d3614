/**
 * Keeps secrets out of logs by value as well as by name: a known secret is masked wherever it
 * stands.
 */

const SECRET_NAME = /(mnemonic|private|secret|token|password|authorization|key(?!File|word|s$))/i;
const MASK = '[redacted]';

/** Values shorter than this would mask ordinary words. */
const SHORTEST_SECRET = 8;
const DEEPEST = 6;

export type Redactor = (fields: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** `secrets` is read at each call, so a secret that is made later is masked too. */
export function redactor(secrets: ReadonlySet<string>): Redactor {
  const maskText = (text: string): string => {
    let masked = text;
    for (const secret of secrets) {
      if (secret.length >= SHORTEST_SECRET) masked = masked.replaceAll(secret, MASK);
    }
    return masked;
  };
  const mask = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Error) return { name: value.name, message: maskText(value.message) };
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return '[deep]';
    if (Array.isArray(value)) return value.slice(0, 100).map((item) => mask(item, depth + 1));
    return maskFields(value as Record<string, unknown>, depth);
  };
  const maskFields = (fields: Readonly<Record<string, unknown>>, depth: number) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        SECRET_NAME.test(name) ? MASK : mask(value, depth + 1),
      ]),
    );
  return (fields) => maskFields(fields, 0);
}
