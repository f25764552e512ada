/**
 * A text that counts how much is looked at in it, so that a test can tell what a scanner costs without a clock.
 */
export interface CountedText {
	readonly text: string;
	/** So far: one for each character that was read and each piece that was taken, and the way of each look for something. */
	readonly looks: () => number;
}

export function countedText(text: string): CountedText {
	let looks = 0;
	const costOf = (name: PropertyKey, from: unknown, result: unknown): number => {
		switch (name) {
			case 'slice':
			case 'toString':
				return 1;
			case 'indexOf':
				return (result === -1 ? text.length : Number(result)) - Number(from ?? 0) + 1;
			default:
				return text.length;
		}
	};
	const proxy = new Proxy(Object(text), {
		get: (_, name) => {
			const value: unknown = Reflect.get(Object(text), name);
			if (typeof value !== 'function') {
				looks += name === 'length' || typeof name === 'symbol' ? 0 : 1;
				return value;
			}
			return (...args: readonly unknown[]) => {
				const result: unknown = Reflect.apply(value, text, args);
				looks += costOf(name, args[1], result);
				return result;
			};
		},
	});
	return { text: proxy, looks: () => looks };
}
