/** What somebody sends who wants to read what is said to another, or to speak in their name. None of it may succeed. */
type Frame = Readonly<Record<string, unknown>>;

interface Prying {
	/** Who is pried on. */
	readonly nick: string;
	/** No other frame has it. */
	readonly ref: string;
}

export const ways: readonly ((prying: Prying) => Frame)[] = [
	({ nick, ref }) => ({ type: 'subscribe', room: `@${nick}`, userId: nick, ref, history: 500 }),
	({ nick, ref }) => ({ type: 'subscribe', room: `@${nick.toUpperCase()}`, userId: nick, ref }),
	({ nick, ref }) => ({ type: 'get_history', room: `@${nick}`, ref, after: 0 }),
	({ nick, ref }) => ({ type: 'members', room: `@${nick}`, ref }),
	({ nick }) => ({ type: 'ack', room: `@${nick}`, epoch: 'any', sequence: 1 }),
	({ nick, ref }) => ({ type: 'unsubscribe', room: `@${nick}`, ref }),
	({ ref }) => ({ type: 'rooms', ref }),
	({ ref }) => ({ type: 'rooms', prefix: '@', ref }),
	({ nick, ref }) => ({ type: 'search', room: `@${nick}`, ref, text: 'direct' }),
	({ nick, ref }) => ({ type: 'publish', room: 'den', sender: nick, content: 'said by another', ref, cid: ref }),
];
