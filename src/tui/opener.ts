/**
 * Opens addresses with what the person's system has for that.
 *
 * It is our own because `open` brings a tree of ten packages, most of them for Windows: here a program is started with the
 * address as its one argument, and no shell reads it.
 */
import { spawn } from 'node:child_process';

interface Surroundings {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly platform: NodeJS.Platform;
	/** How long a program has to say that it cannot; some stay until the browser is closed. */
	readonly patienceMs: number;
}

/** `remote`: the person sits elsewhere. `failed`: there is no such program, or it could not. */
export async function openOutside(
	address: string,
	{ env, platform, patienceMs }: Surroundings,
): Promise<'opened' | 'remote' | 'failed'> {
	const chosen = env['BROWSER'] ?? '';
	const isNamed = chosen !== '' && !/[\s:%]/u.test(chosen);
	if (!isNamed && (env['SSH_CONNECTION'] ?? env['SSH_TTY']) !== undefined) {
		return 'remote';
	}
	const [program, ...words] = isNamed ? [chosen] : (openers[platform] ?? ['xdg-open']);
	return (await started(program, [...words, address], { env, patienceMs })) ? 'opened' : 'failed';
}

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
	darwin: ['open'],
	// `start` is a word of the shell, which would read the address.
	win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

function started(
	program: string,
	words: readonly string[],
	{ env, patienceMs }: Pick<Surroundings, 'env' | 'patienceMs'>,
): Promise<boolean> {
	return new Promise((resolve) => {
		const child = spawn(program, words, { env, stdio: 'ignore', detached: true });
		const patience = setTimeout(() => resolve(true), patienceMs);
		child.unref();
		child.on('error', () => {
			clearTimeout(patience);
			resolve(false);
		});
		child.on('exit', (code) => {
			clearTimeout(patience);
			resolve(code === 0);
		});
	});
}
