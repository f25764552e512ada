/**
 * Who the person at this computer is to brokers, and which brokers they know: `natter whoami`, `natter trust`, and what is
 * said when a broker is not the one that was there before.
 */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { parseAddress } from '../client/address.ts';
import type { LinkStatus } from '../client/client.ts';
import { fingerprintOf, publicKeyOf } from '../protocol/identity.ts';
import { Failure } from './failure.ts';
import { loadKey } from './key-file.ts';
import { KnownBrokersFile } from './known-brokers.ts';
import type { Settings } from './settings.ts';

/** A person's key and the brokers they know: what `connect` takes. Throws a `Failure` when a file cannot be relied on. */
export function openIdentity(config: string): { readonly key: KeyObject; readonly knownBrokers: KnownBrokersFile } {
	const knownBrokers = new KnownBrokersFile(knownPath(config));
	return { key: loadKey(keyPath(config)), knownBrokers };
}

/** By which others can tell a key from another, `SHA256:...`. */
export function fingerprintOfKey(key: KeyObject): string {
	return fingerprintOf(publicKeyOf(key));
}

/** Prints who one is, and where everything is kept. */
export function whoami({ nick, nickReason, config, state, data }: Extract<Settings, { command: 'whoami' }>): number {
	const { key, knownBrokers } = openIdentity(config);
	const rows = [
		['nick', nickReason === undefined ? nick : `${nick} (${nickReason})`],
		['fingerprint', fingerprintOfKey(key)],
		['key', keyPath(config)],
		['known brokers', knownBrokers.path],
		['unsent lines, drafts', state],
		['messages, when hosting', data],
	] as const;
	process.stdout.write(rows.map(([what, is]) => `${`${what}:`.padEnd(24)}${is}\n`).join(''));
	return 0;
}

/** Prints the brokers that are known, or forgets one. */
export function trust({ config, forget }: Extract<Settings, { command: 'trust' }>): number {
	const known = new KnownBrokersFile(knownPath(config));
	if (forget === undefined) {
		const list = known.list();
		const lines = list.map(({ authority, key }) => `${authority} ${fingerprintOf(key)}\n`);
		process.stdout.write(lines.length === 0 ? 'No broker is known yet\n' : lines.join(''));
		return 0;
	}
	const { authority } = parseAddress(forget);
	if (!known.forget(authority)) {
		throw new Failure(`No broker is known at ${authority}; natter trust lists those that are`, 1);
	}
	process.stdout.write(`Forgot the broker at ${authority}: the next one met there will be trusted\n`);
	return 0;
}

/** What to say when a link ended because the broker is not who it should be; `undefined` when it ended otherwise. */
export function distrustText(status: LinkStatus, url: string): string | undefined {
	const cause = status.state === 'closed' ? status.cause : undefined;
	const { authority } = parseAddress(url);
	if (cause?.keys !== undefined) {
		return [
			`THE BROKER AT ${authority} IS NOT THE ONE THAT WAS THERE BEFORE.`,
			'Somebody may be listening in, or it was set up anew.',
			...toldBefore,
			`  its key was  ${cause.keys.known}`,
			`  its key is   ${cause.keys.shown}`,
			'Ask whoever runs it which one is right: natter --serve prints it. If it is the new one, run',
			`  natter trust --forget ${authority}`,
		].join('\n');
	}
	if (cause?.code === 'broker unproven') {
		return [
			`THE BROKER AT ${authority} DOES NOT PROVE WHO IT IS.`,
			'Somebody may be listening in, or another program answers there now.',
			...toldBefore,
			'If you know that it changed, run',
			`  natter trust --forget ${authority}`,
		].join('\n');
	}
	return undefined;
}

/** What the link and the first frame on it tell before there is a proof of anything. */
const toldBefore = [
	'It was told your nick, your public key and whether you are away, and nothing that you said in a room. An access',
	'token or password that you gave was told too: unless the broker is the right one, have it changed.',
];

function keyPath(config: string): string {
	return join(config, 'id_ed25519.pem');
}

function knownPath(config: string): string {
	return join(config, 'known_brokers');
}
