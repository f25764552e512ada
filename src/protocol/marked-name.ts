/** How the name of somebody who has not proven to own it is written: with a `~`, with which no nick begins. */

/** The name of a message's author as it is shown. The broker marks a name that is owned by somebody else itself. */
export function markedName({
	sender,
	verified,
}: {
	readonly sender: string;
	readonly verified?: boolean | undefined;
}): string {
	return verified === false ? `~${unmarkedName(sender)}` : sender;
}

/** The name without the mark. */
export function unmarkedName(name: string): string {
	return name.replace(/^~/, '');
}
