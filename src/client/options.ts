/** What `connect` may be told. Every member has a default, save the nick. */
export interface ClientOptions {
	/** The name that others see. The broker may change it; `client.nick` says what it is. */
	readonly nick: string;
	/** Rooms to join as soon as the broker answers. @default [] */
	readonly rooms?: readonly string[];
	/** How many messages from before the join are asked for, 0..500. @default 100 */
	readonly history?: number;
	/** How long an early message waits for the one before it until the broker is asked, in ms. @default 250 */
	readonly graceMs?: number;
	/** How long a gap may stay open until its messages are given up and named as lost, in ms. @default 15000 */
	readonly giveUpMs?: number;
	/** Early messages that are held per room. @default 256 */
	readonly maxHeld?: number;
	/** Publishes that may be under way at once; more wait in the outbox. @default 64 */
	readonly maxInFlight?: number;
	/** Publishes that the outbox keeps; one more is refused with `limit_exceeded`. @default 10000 */
	readonly maxQueued?: number;
	/** How long to wait for `welcome` until the broker is taken for a base broker, in ms. @default 3000 */
	readonly welcomeMs?: number;
	/** How long to wait for an answer to a request, in ms. @default 10000 */
	readonly requestMs?: number;
	/** How often the round trip is measured and a dead link noticed, in ms. @default 15000 */
	readonly pingMs?: number;
	/** What the broker is told about the program. @default {name: 'natter', version: this package's} */
	readonly program?: { readonly name: string; readonly version: string };
}
