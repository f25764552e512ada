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
	let skeleton = unhomoglyph(name.normalize('NFC')).normalize('NFD');
	for (let before = ''; before !== skeleton; ) {
		before = skeleton;
		skeleton = unhomoglyph(skeleton).normalize('NFD');
	}
	return skeleton;
}
