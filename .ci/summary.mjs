/**
 * A reporter for Vitest that writes all that went wrong into the file that `SUMMARY` names, for `.ci/run` to say last: tests
 * that failed, files that could not be run or were not finished, and errors outside of any test.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const mostCharacters = 2000;

function textOf(error) {
	if (typeof error !== 'object' || error === null) {
		return String(error);
	}
	const { message, stack = '', diff, cause } = error;
	const where = stack.split('\n').filter((line) => line.startsWith('    at ') && !line.includes('/node_modules/'));
	const lines = [message, ...where, diff].filter(Boolean).join('\n').slice(0, mostCharacters);
	return cause === undefined ? lines : `${lines}\ncaused by: ${textOf(cause)}`;
}

export default class Summary {
	onTestRunEnd(modules, unhandledErrors, reason) {
		const lines = [];
		const tell = (what, errors) => lines.push(what, errors.map(textOf).join('\n'), '');
		const counted = { passed: 0, failed: 0, skipped: 0, pending: 0 };
		for (const module of modules) {
			const file = relative('', module.moduleId);
			for (const test of module.children.allTests()) {
				const { state, errors } = test.result();
				counted[state] += 1;
				if (state === 'failed') {
					tell(`failed: ${file}: ${test.fullName}`, errors);
				} else if (state === 'pending') {
					lines.push(`not finished: ${file}: ${test.fullName}`, '');
				}
			}
			for (const suite of module.children.allSuites()) {
				if (suite.errors().length > 0) {
					tell(`failed: ${file}: ${suite.fullName}`, suite.errors());
				}
			}
			const errors = module.errors();
			const state = module.state();
			if (errors.length > 0) {
				tell(`failed: ${file}`, errors);
			} else if (state !== 'passed' && state !== 'failed' && state !== 'skipped') {
				lines.push(`${state}: ${file}`, '');
			}
		}
		for (const error of unhandledErrors) {
			tell('failed outside of any test:', [error]);
		}
		lines.push(
			`${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped, ${counted.pending} not finished`,
		);
		if (reason !== 'passed') {
			lines.push(`the run: ${reason}`);
		}
		writeFileSync(process.env.SUMMARY, `${lines.join('\n')}\n`);
	}
}
