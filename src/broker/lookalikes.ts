/** Names that people take for each other. */
import unhomoglyph from 'unhomoglyph';

/**
 * What a name may not share with another's: two names that look alike, or differ in case alone, have a key in common.
 *
 * These are the confusable skeletons (UTS 39, section 4) of the name as it is, and of it in small letters: `Il1`, `lI1` and
 * `|||` share the first, `Ann` and `ANN` the second. The table is Unicode's confusables.txt, as `unhomoglyph` carries it.
 */
export function lookalikeKeys(name: string): readonly string[] {
	return [...new Set([skeletonOf(name), skeletonOf(name.toLowerCase())])];
}

/**
 * What the table gives for one sign may itself be in the table once it is decomposed, so it is asked until nothing changes;
 * and first for the composed signs, some of which are in it as they are.
 */
function skeletonOf(name: string): string {
	return isAscii.test(name) ? asciiSkeleton(name) : wholeSkeleton(name);
}

/** No sign of ASCII is part of a longer one, in the table or when it is composed. */
function asciiSkeleton(name: string): string {
	let skeleton = '';
	for (let index = 0; index < name.length; index += 1) {
		skeleton += asciiSkeletons[name.charCodeAt(index)];
	}
	return skeleton;
}

function wholeSkeleton(name: string): string {
	let skeleton = unhomoglyph(name.normalize('NFC')).normalize('NFD');
	for (let before = ''; before !== skeleton; ) {
		before = skeleton;
		skeleton = unhomoglyph(skeleton).normalize('NFD');
	}
	return skeleton;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const isAscii = /^[\x00-\x7f]*$/;
const asciiSkeletons: readonly string[] = Array.from({ length: 128 }, (_, code) =>
	wholeSkeleton(String.fromCharCode(code)),
);
