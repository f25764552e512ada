/** Names that people take for each other. */
import unhomoglyph from 'unhomoglyph';

/**
 * What a name may not share with another's: two names that look alike, or differ in case alone, have a key in common.
 *
 * These are the confusable skeletons (UTS 39, section 4) of the name as it is, and of it in small letters: `Il1`, `lI1` and
 * `|||` share the first, `Ann` and `ANN` the second. The table is Unicode's confusables.txt, as `unhomoglyph` carries it.
 */
export function lookalikeKeys(name: string): readonly string[] {
	const asItIs = skeletonOf(name);
	const small = skeletonOf(name.toLowerCase());
	return asItIs === small ? [small] : [asItIs, small];
}

function skeletonOf(name: string): string {
	return plain.test(name)
		? name.replace(plainConfusable, (sign) => plainSkeletons.get(sign) ?? sign)
		: wholeSkeleton(name);
}

/**
 * What the table gives for one sign may itself be in the table once it is decomposed, so it is asked until nothing changes;
 * and first for the composed signs, some of which are in it as they are.
 */
function wholeSkeleton(name: string): string {
	let skeleton = unhomoglyph(name.normalize('NFC')).normalize('NFD');
	for (let before = ''; before !== skeleton; ) {
		before = skeleton;
		skeleton = unhomoglyph(skeleton).normalize('NFD');
	}
	return skeleton;
}

/** What anybody can type: no such sign is part of a longer one, in the table or when it is composed. */
const plain = /^[ -~]*$/;
const plainSigns = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));
/** Of those that do not stand for themselves. */
const plainSkeletons: ReadonlyMap<string, string> = new Map(
	plainSigns.map((sign) => [sign, wholeSkeleton(sign)] as const).filter(([sign, skeleton]) => sign !== skeleton),
);
const codes = [...plainSkeletons.keys()].map((sign) => `\\x${sign.charCodeAt(0).toString(16)}`);
const plainConfusable = new RegExp(`[${codes.join('')}]`, 'g');
