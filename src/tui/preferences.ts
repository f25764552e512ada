/**
 * How a person wants their screen: what the configuration file, flags and commands of this run say together.
 */
import { type Binding, bindings } from './keymap.ts';

export interface Preferences {
	/** What the keys do. */
	readonly bindings: readonly Binding[];
	/** Addresses can be clicked on, where the terminal knows such a thing. */
	readonly links: boolean;
	/** The terminal's bell rings for what is meant for me. */
	readonly bell: boolean;
	/** The terminal is asked to notify me of it. */
	readonly notifications: boolean;
	/** The terminal's title says what is unread. */
	readonly title: boolean;
	/** Words that stand out as my own name does, without regard to case. */
	readonly highlight: readonly string[];
	/** Others are told when I am typing. */
	readonly typing: boolean;
	/** Clicks are taken from the terminal, which then needs Shift to mark text. */
	readonly mouse: boolean;
}

export const defaultPreferences: Preferences = {
	bindings,
	links: true,
	bell: true,
	notifications: true,
	title: true,
	highlight: [],
	typing: true,
	mouse: false,
};
