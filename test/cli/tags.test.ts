import { describe, expect, it } from 'vitest';
import { readTags } from '../../src/cli/tags.ts';

describe('tags', () => {
	it.each([
		['level=error', 'error'],
		['ms=812', 812],
		['ms=-0.5', -0.5],
		['ms=1e3', 1000],
		['ok=true', true],
		['ok=false', false],
		['code="404"', '404'],
		["ok='true'", 'true'],
		['zip=01234', '01234'],
		['id=1234567890123456789', '1234567890123456789'],
		['url=http://x/?a=b', 'http://x/?a=b'],
		['empty=', ''],
		['much=1e999', '1e999'],
	])('%s is read as it is meant', (word, value) => {
		expect(readTags([word])).toEqual({ ok: true, tags: { [word.split('=')[0] ?? '']: value } });
	});

	it.each([
		[['level'], 'Expected a tag such as level=error, got "level"'],
		[['=error'], 'Expected a tag such as level=error, got "=error"'],
		[['__proto__=1'], 'Expected a tag such as level=error, got "__proto__=1"'],
		[['a=1', 'a=2'], 'Expected each tag once, got "a" again'],
		[[`${'n'.repeat(65)}=1`], `Expected a name of at most 64 bytes, got "${'n'.repeat(60)}"`],
		[[`a=${'é'.repeat(129)}`], `Expected a value of at most 256 bytes, got "a=${'é'.repeat(58)}"`],
		[Array.from({ length: 17 }, (_, index) => `t${index}=1`), 'Expected at most 16 tags, got 17'],
	])('%j are refused', (words, detail) => {
		expect(readTags(words)).toEqual({ ok: false, detail });
	});
});
