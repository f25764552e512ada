import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endProcesses, run, temporaryDirectory } from '../helpers/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

afterAll(endProcesses);

// What a stranger gets: the packed tarball, installed with its run-time dependencies into an empty folder.
beforeAll(() => {
	folder = temporaryDirectory();
	const env = { ...process.env, npm_config_update_notifier: 'false' };
	const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
		cwd: root,
		env,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const tarball = join(folder, tarballName(packed));
	writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
	execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], {
		cwd: folder,
		env,
		stdio: 'ignore',
	});
}, 180_000);

function tarballName(packed: string): string {
	const name = /[\w.-]+\.tgz/u.exec(packed)?.[0];
	if (name === undefined) {
		throw new Error(`npm pack named no tarball: ${packed}`);
	}
	return name;
}

describe('the packed tarball in an empty folder', { timeout: 60_000 }, () => {
	it('runs npx natter --help, --version and --serve', async () => {
		const env = { npm_config_update_notifier: 'false', PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
		const help = run('npx', ['natter', '--help'], { cwd: folder, env });
		expect(await help.ended).toBe(0);
		expect(help.output.stdout).toContain('natter --serve');
		const version = run('npx', ['natter', '--version'], { cwd: folder, env });
		expect(await version.ended).toBe(0);
		expect(version.output.stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
		const serve = run('node', ['node_modules/.bin/natter', '--serve', '--port', '0', '--data', join(folder, 'data')], {
			cwd: folder,
			env,
		});
		await serve.printed(/listening on ws:/u);
		serve.kill('SIGTERM');
		expect(await serve.ended).toBe(0);
	});

	it('embeds the broker and the client without loading Ink, React or SQLite', async () => {
		writeFileSync(
			join(folder, 'embed.js'),
			`import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ resolve(name, context, next) { loaded.push(name); return next(name, context); } });
const { connect, createBroker, memoryEngine } = await import('natter');
const engine = memoryEngine();
const broker = await createBroker({ engine, port: 0 });
const client = connect(broker.url, { nick: 'bot', rooms: ['general'] });
const { sequence } = await client.publish('general', 'hello');
await client.close();
await broker.close();
await engine.close();
console.log(JSON.stringify({ sequence, heavy: loaded.filter((name) => /^(ink|react|node:sqlite)/.test(name)) }));
`,
		);
		const embed = run(process.execPath, ['embed.js'], { cwd: folder });
		expect(await embed.ended).toBe(0);
		expect(JSON.parse(embed.output.stdout)).toEqual({ sequence: 1, heavy: [] });
	});

	it('runs the examples of the README one after another, as they stand there', async () => {
		const readme = readFileSync(join(root, 'README.md'), 'utf8');
		const [embed = '', ...others] = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gmu)].map(([, block = '']) => block);
		const script = [
			// What they leave to the reader.
			`import { createServer } from 'node:http';`,
			'const server = createServer();',
			'const userOfSession = async (cookie) => undefined;',
			// Another program may have the port.
			embed.replace('port: 8080', 'port: 0'),
			...others.map((block) => `{\n${block}}`),
			`console.log('all of them ran');`,
		];
		writeFileSync(join(folder, 'readme.js'), script.join('\n'));
		const examples = run(process.execPath, ['readme.js'], { cwd: folder });
		await examples.printed(/^all of them ran$/mu);
		await examples.printed(/^1 bot hello$/mu);
		expect(others.length).toBe(3);
	});

	it('has every face that package.json names, with types', () => {
		const installed = join(folder, 'node_modules', 'natter');
		const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
			exports: Record<string, { types?: string } | string>;
		};
		const require = createRequire(join(folder, 'index.js'));
		const names = Object.keys(manifest.exports);
		expect(names).toEqual(['.', './client', './broker', './protocol', './sqlite', './package.json']);
		for (const name of names) {
			const target = manifest.exports[name];
			expect(require.resolve(join('natter', name)).startsWith(installed)).toBe(true);
			if (typeof target === 'object') {
				expect(readFileSync(join(installed, target.types ?? ''), 'utf8')).not.toBe('');
			}
		}
	});

	it('loads for each command what that command needs, in few files', () => {
		const command = join(folder, 'node_modules', 'natter', 'dist', 'command');
		// Something of each that keeps its name there.
		const parts = {
			broker: 'function createBroker(',
			client: 'SocketClient',
			screen: 'function initialState(',
			ink: 'suspendTerminal',
			sqlite: 'function openSqliteEngine(',
		};
		const loadedBy = (entry: string) => {
			const files = closure(command, entry).map((file) => readFileSync(join(command, file), 'utf8'));
			return Object.keys(parts).filter((part) =>
				files.some((text) => text.includes(parts[part as keyof typeof parts])),
			);
		};
		const names = readdirSync(command);
		const all = names.filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(command, name), 'utf8'));
		expect(Object.values(parts).map((part) => all.filter((text) => text.includes(part)).length)).toEqual([
			1, 1, 1, 1, 1,
		]);
		const chunk = (word: string) => names.find((name) => name.startsWith(`${word}-`)) ?? '';
		expect(Object.fromEntries(['chat', 'serve', 'send', 'tail'].map((word) => [word, loadedBy(chunk(word))]))).toEqual({
			chat: ['client'],
			serve: ['broker'],
			send: ['client'],
			tail: ['client'],
		});
		expect(loadedBy('main.js')).toEqual([]);
		expect(readFileSync(join(command, 'licences.txt'), 'utf8')).toMatch(/\nink 8\.[\d.]+ \(MIT\)\n\nMIT License/u);
	});

	it('depends on nothing but the packages of the committed list', () => {
		const tree = JSON.parse(
			execFileSync('npm', ['ls', '--all', '--omit=dev', '--json', '--package-lock-only'], {
				cwd: root,
				encoding: 'utf8',
			}),
		) as Tree;
		const names = [...new Set(packagesOf(tree))].sort();
		const listed = readFileSync(new URL('runtime-dependencies.txt', import.meta.url), 'utf8')
			.trim()
			.split('\n');
		expect(names).toEqual(listed);
	});
});

/** The file and all that it imports before it runs. */
function closure(directory: string, entry: string, found: Set<string> = new Set()): readonly string[] {
	found.add(entry);
	for (const [, name = ''] of readFileSync(join(directory, entry), 'utf8').matchAll(
		/\b(?:from|import)"\.\/([^"]+)"/gu,
	)) {
		if (!found.has(name)) {
			closure(directory, name, found);
		}
	}
	return [...found];
}

interface Tree {
	readonly dependencies?: Record<string, Tree & { readonly version?: string }>;
}

function packagesOf(tree: Tree): string[] {
	return Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) =>
		below.version === undefined ? [] : [name, ...packagesOf(below)],
	);
}
