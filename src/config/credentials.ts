/** Files that systemd hands to this service alone (`LoadCredential=` and its encrypted sister). */
import { join } from 'node:path';

/** Undefined where systemd has handed over nothing. Names hold no slash: the schema sees to it. */
export function credentialPath(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const folder = environment['CREDENTIALS_DIRECTORY'];
  return folder === undefined || folder === '' ? undefined : join(folder, name);
}
