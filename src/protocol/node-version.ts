/** The oldest Node that has all that natter uses. */
const needed = [22, 16] as const;

/**
 * To be called before anything is begun: on an older Node it would begin, and fail later, over something that is not there.
 *
 * @throws Error when this Node, or the one of `version`, is older than 22.16.
 */
export function requireNode(version: string = process.versions.node): void {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
		throw new Error(`natter needs Node ${needed.join('.')} or newer and this is ${version}`);
	}
}
