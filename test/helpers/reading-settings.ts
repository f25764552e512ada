/** Reads a command line as one of `sam`, whose home is `/home/sam`. */
import { type Flags, readSettings, type Settings, type Surroundings, UsageError } from '../../src/cli/settings.ts';

export function read(
	words: readonly string[],
	flags: Flags = {},
	environment: Surroundings['environment'] = {},
): Settings {
	return readSettings(words, flags, { environment, login: 'sam', home: '/home/sam' });
}

/** Why it is none. */
export function refusal(
	words: readonly string[],
	flags: Flags = {},
	environment: Surroundings['environment'] = {},
): string {
	try {
		read(words, flags, environment);
	} catch (error) {
		if (error instanceof UsageError) {
			return error.message;
		}
		throw error;
	}
	return 'not refused';
}
