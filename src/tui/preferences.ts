/**
 * How a person wants their screen: what the configuration file, flags and commands of this run say together.
 */
import { type Binding, bindings } from './keymap.ts';
import { autoTheme, type Theme } from './theme.ts';

export interface Preferences {
	/** The name of a theme; `auto`: as the background of the terminal says. */
	readonly theme: string;
	/** Those that the person has written. */
	readonly themes: readonly Theme[];
	/** What the keys do. */
	readonly bindings: readonly Binding[];
	/** What natter draws is ASCII, messages aside. */
	readonly ascii: boolean;
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
	/** Later runs find the lines that were sent. */
	readonly history: boolean;
	/** Clicks are taken from the terminal, which then needs Shift to mark text. */
	readonly mouse: boolean;
	/** Whether who is there stands beside the messages from the start, where there is room. */
	readonly sidebar: boolean;
	/** Whether messages have their numbers before them from the start. */
	readonly numbers: boolean;
}

export const defaultPreferences: Preferences = {
	theme: autoTheme,
	themes: [],
	bindings,
	ascii: false,
	links: true,
	bell: true,
	notifications: true,
	title: true,
	highlight: [],
	typing: true,
	history: true,
	mouse: false,
	sidebar: true,
	numbers: false,
};
