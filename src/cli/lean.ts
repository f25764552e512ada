/**
 * V8 as suits a screen, which has nothing to do most of the time. By default V8 lets the heap of a process that gets many
 * messages grow to several times of what is in use: it may rather collect sooner. What then takes longest is to move
 * objects together, and a key waits for that; as most of what a screen keeps is alike, the holes are filled again
 * without. Young objects need no more room than at the start. V8's last compiler, TurboFan, makes little of a screen faster
 * than Maglev has made it, and takes ten megabytes for itself. Where Maglev does not compile, as in Node 22, TurboFan is
 * all that makes anything fast, and stays.
 */
import { setFlagsFromString } from 'node:v8';

export function stayLean(): void {
	for (const flag of leanFlags(process.versions.node, process.arch)) {
		setFlagsFromString(flag);
	}
}

/** The flags for this version of Node on this processor. */
export function leanFlags(node: string, arch: string): readonly string[] {
	const hasMaglev = Number.parseInt(node, 10) >= firstWithMaglev && maglevArchs.has(arch);
	return [
		'--optimize-for-size',
		'--no-compact',
		'--semi-space-growth-factor=1',
		...(hasMaglev ? ['--no-turbofan'] : []),
	];
}

/** From this version of Node on Maglev compiles unless it is told not to, on these processors. */
const firstWithMaglev = 24;
const maglevArchs: ReadonlySet<string> = new Set(['x64', 'arm64']);
