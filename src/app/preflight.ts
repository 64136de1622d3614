/** What a run would refuse beside the settings themselves: the files and keys that they name. */
import type { Config } from '../config/config-schema.js';
import { credentialPath } from '../config/credentials.js';
import { ConfigError, type ConfigProblem } from '../config/load-config.js';
import { writtenTwice } from './endpoints.js';
import { readIdentity, settingError } from './signing-key.js';
import { choose, only } from './strategy-choice.js';

/** Throws `ConfigError`: one kind of an address is given in two ways. */
export function refuseTwice({ endpoints }: Config): void {
  const [twice] = writtenTwice(endpoints);
  if (twice !== undefined) throw settingError(`endpoints.${twice}`, `expected it or ${twice}s`);
}

/**
 * Opens no keystore and asks for no passphrase. Credentials of systemd are seen by the service
 * alone, and looked at only where there are any. Throws `ConfigError` with all problems.
 */
export async function preflight(config: Config): Promise<void> {
  const { keyCredential } = config.account;
  const isBlind = keyCredential !== undefined && credentialPath(keyCredential) === undefined;
  const looks: readonly (() => unknown)[] = [
    () => choose(only(config.strategies)),
    () => isBlind || readIdentity({ config, secrets: new Set(), passphrase: 'not asked for' }),
    () => refuseTwice(config),
  ];
  const problems: ConfigProblem[] = [];
  for (const look of looks) {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
