/**
 * What others type to come to a room: `npx natter 'ws://10.0.0.7:8080/?token=...#general'`. Pure.
 *
 * @param address With its token, if it needs one, and without a fragment.
 */
export function joinLine(address: string, room: string): string {
	return `npx natter '${`${address}#${encodeURIComponent(room)}`.replaceAll("'", '%27')}'`;
}
