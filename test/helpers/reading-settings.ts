/** Reads a command line as one of `sam`, whose home is `/home/sam`. */
import type { Configuration } from '../../src/cli/config-file.ts';
import { type Flags, readSettings, type Settings, type Surroundings, UsageError } from '../../src/cli/settings.ts';

export function read(
	words: readonly string[],
	flags: Flags = {},
	environment: Surroundings['environment'] = {},
	configured: Configuration | (() => Configuration) = {},
): Settings {
	return readSettings(words, flags, {
		environment,
		login: 'sam',
		home: '/home/sam',
		configured: typeof configured === 'function' ? configured : () => configured,
	});
}

/** Why it is none. */
export function refusal(
	words: readonly string[],
	flags: Flags = {},
	environment: Surroundings['environment'] = {},
	configured: Configuration | (() => Configuration) = {},
): string {
	try {
		read(words, flags, environment, configured);
	} catch (error) {
		if (error instanceof UsageError) {
			return error.message;
		}
		throw error;
	}
	return 'not refused';
}
