/**
 * What the screen knows, what can happen to it, and what it can want done: values only.
 *
 * `update(state, event)` turns State and Event into the next State and a list of Effects; `screen(state)` turns State into
 * the lines that are drawn. Neither reads a clock: each event carries `at`, and `state.now` is the newest of them.
 */
import type {
	FoundPage,
	Gap,
	HistoryPage,
	LinkStatus,
	Member,
	Notice,
	PresenceChange,
	Published,
	Receipt,
	Refused,
	Restriction,
	RoomInfo,
	RoomItem,
	RoomStatus,
	Typing,
	User,
} from '../client/client.ts';
import type { AdminOrder } from '../protocol/admin.ts';
import type { Filter } from '../protocol/filter.ts';
import type { Position } from '../protocol/frames.ts';
import type { Exported } from './exporting.ts';
import type { Preferences } from './preferences.ts';
import type { Emoji } from './text/emoji.ts';

export interface State {
	/** The newest `at` of any event, ms since 1970. */
	readonly now: number;
	readonly size: Size;
	/** My name as the broker knows it. */
	readonly nick: string;
	/** What /nick asked for, while the broker has not said what it made of it. */
	readonly wantedNick?: string;
	/** The name that I asked for last and did not get. */
	readonly deniedNick?: string;
	/** What I was called before in this run, and nobody else since. @default nothing */
	readonly formerNicks?: readonly string[];
	/** How others see me, as far as this screen goes. */
	readonly own: Own;
	/** Whether the terminal has the keyboard; `unknown` while it has said neither. */
	readonly focus: 'unknown' | 'focused' | 'away';
	/** Another program has the terminal, an editor or the shell: nothing of this is on screen. */
	readonly isLent?: true;
	/** There is no screen: lines are read and printed. */
	readonly isPlain?: true;
	/** The address that is dialled, for people to read. */
	readonly url: string;
	/** Present when this process hosts the broker. */
	readonly host?: Hosting;
	/** Where others join, best first: addresses with their token. Absent or empty: nowhere. */
	readonly invitation?: readonly string[];
	readonly link: LinkStatus;
	/** When the link was lost last; absent until that has happened. */
	readonly lostAt?: number;
	/** In tab order. Never empty: the first room is joined at the start. */
	readonly rooms: readonly Room[];
	/** The name of the room on screen: one of `rooms`. */
	readonly active: string;
	/** The room that was on screen before, for /last. */
	readonly previous?: string;
	/** The rooms that were on screen before, the last one first, each once. @default none */
	readonly visited?: readonly string[];
	/** The way from one room with something new to the next: where it began, and the rooms on it, the last one on screen. */
	readonly tour?: { readonly from: string; readonly visited: readonly string[] };
	/** What is told at `dueAt`, one for each room, and until when the terminal does not ring again. @default nothing waits */
	readonly alerts?: { readonly held: readonly Alert[]; readonly quietUntil: number; readonly dueAt?: number };
	/** What the terminal's title was last asked to say. */
	readonly title?: string;
	/** The tabs as they are kept for the next run. @default they are not */
	readonly tabs?: Tabs;
	/** Tabs of an earlier run that are not open; kept until a room of their name is. @default none */
	readonly closedTabs?: readonly Tab[];
	readonly composer: Composer;
	/** What is asked for in place of a message; the draft waits below it. */
	readonly prompt?: Prompt;
	/** What was searched for last, and what was found of it. */
	readonly search?: Search;
	readonly view: View;
	readonly preferences: Preferences;
	/** What the terminal says of itself; absent while it has not. */
	readonly background?: 'light' | 'dark';
	/** The cids of my unsent lines in the order in which /unsent listed them last. */
	readonly listedUnsent?: readonly string[];
	/** The rooms of the broker, as it listed them last. */
	readonly listed?: readonly RoomInfo[];
	/** Absent until one was wanted. */
	readonly emoji?: readonly Emoji[];
	/** Tab was pressed on this, and goes on when what it may become is known, unless something else was done meanwhile. */
	readonly awaited?: { readonly composer: Composer; readonly direction: 1 | -1 };
	/** What was typed earlier in rooms that have no tab now, by room. @default none */
	readonly drafts?: ReadonlyMap<string, string>;
	/** How many of my unsent lines another run would not find; absent: all of them. */
	readonly unkept?: number;
	/** The broker has said that it cannot keep messages now, and has numbered none since. */
	readonly isRefusing?: boolean;
	/** Who the broker says this person is; what it said last while there is no link. Absent before, and on a base broker. */
	readonly user?: User;
	/** Where the inbox stands, of which all conversations are part. */
	readonly inboxStatus?: RoomStatus;
	/** What was missed of the inbox is being given. */
	readonly inboxCatchesUp?: boolean;
	/** Present while the history of a room goes to a file: how many messages have. */
	readonly exporting?: { readonly room: string; readonly file: string; readonly count: number };
	/** Whose messages are not shown. @default nobody's */
	readonly ignored?: readonly Ignored[];
	/**
	 * Up to where each conversation was read, in the numbers of the inbox, and each room, under the names of read-marks.ts.
	 * @default not known
	 */
	readonly readTo?: ReadonlyMap<string, Position>;
}

/** Somebody whose messages are not shown: whoever has the key, or, without one, guests of that name. */
export interface Ignored {
	/** What they were called when they were ignored. */
	readonly name: string;
	readonly key?: string;
}

export interface Own {
	/** When a key was pressed last, ms since 1970. */
	readonly keyAt: number;
	/** When the broker was told last that I am here. */
	readonly toldAt: number;
	/** Absent while I am here. By `me`: until I say that I am back. */
	readonly away?: { readonly by: 'me' | 'idle'; readonly status?: string };
}

export interface Size {
	readonly columns: number;
	readonly rows: number;
}

/** Where the broker in this process is, in words for people. */
export interface Hosting {
	readonly url: string;
	/** What makes a second person of whoever sits here: one key is one person. */
	readonly joinLine: string;
	/** How other machines are let in, when they are not. */
	readonly shareLine: string;
	/** Where messages are kept: a path, or `in memory only`. */
	readonly keptIn: string;
	/** Of the broker's key, by which others can tell that they have come here. @default not said */
	readonly fingerprint?: string;
}

export interface Room {
	readonly name: string;
	readonly status: RoomStatus | undefined;
	readonly topic?: string;
	/** Only what matches stands here; `text` is how it was typed. Absent: everything does. */
	readonly where?: { readonly text: string; readonly filter: Filter };
	/** With `where`, and of a conversation: the lowest number that pages of older messages have been searched down to. */
	readonly searchedTo?: number;
	/**
	 * Up to the newest, in the order in which they are drawn, oldest first. Keys are unique in the room. They are on screen
	 * unless there is a `reading`: `shownRows`.
	 */
	readonly rows: readonly Row[];
	/** What is read far above `rows`, in their place on screen; then `scroll` hangs on one of its rows. */
	readonly reading?: Reading;
	/** The number that somebody asked to see, until the window is at the newest again. */
	readonly sought?: Sought;
	/** My lines that have no number yet, drawn below all rows, in the order they were written. */
	readonly pending: readonly Pending[];
	/** How often its numbers started over while it was on screen; part of the keys of its messages. @default 0 */
	readonly epochs?: number;
	/** `all`: everything that the broker keeps is in `rows`. */
	readonly older: 'unknown' | 'loading' | 'all';
	/** Messages of others that came while the room was not read. */
	readonly unread: number;
	/** Of those, the ones that name me. */
	readonly mentions: number;
	/** The first of them; absent while there are none. */
	readonly firstUnread?: Unread;
	/** Where reading stopped. While the room is read it stays where it was, and goes when the room is left. */
	readonly divider?: Divider;
	/** It was marked as unread, which ends when another room is on screen. */
	readonly isHeld?: true;
	/** What it may ring for. @default mentions; in a conversation all */
	readonly attention?: Attention;
	/** It rings for nothing, and what is unread in it counts only where it names me. */
	readonly isMuted?: true;
	/** By userId, a thousand at most; people who are offline are not in it. */
	readonly members: ReadonlyMap<string, Member>;
	/** How many more people are here. @default 0 */
	readonly unnamed?: number;
	/** Who is typing, as it was told last of each. @default nobody */
	readonly typing?: readonly Typing[];
	/** `false` while the link has been down for more than a moment: nobody knows who is there. */
	readonly membersKnown: boolean;
	/**
	 * The last line of the window is this line of this row; absent when the window shows the newest line. New rows
	 * never move what is being read.
	 */
	readonly scroll?: Anchor;
	/** Messages that are missing by rows that the pane has no more, since the numbers last started over. @default 0 */
	readonly missingBefore?: number;
	/** Rows that came below the window since it was scrolled up. */
	readonly below: number;
	/** What was typed here and not sent. */
	readonly draft: string;
	/** The link was lost at this time, and it is not known yet whether anything was missed. */
	readonly awaySince?: number;
	/** What was missed in a moment without a link is being given; no rows stand around it. */
	readonly catchesUp?: true;
	/**
	 * People who were here when the link was lost, or began to go: until this time their return is no news. While it is
	 * infinite, neither is that they leave.
	 */
	readonly returning?: { readonly until: number; readonly people: ReadonlySet<string> };
}

/** A stretch of a room's log that ends before `rows` begin. It is bounded, and goes along with whoever reads it. */
export interface Reading {
	/** In the order in which they are drawn. */
	readonly rows: readonly Row[];
	/** Whatever the broker keeps of the numbers `from`..`to`, and is to be shown here, is in `rows`. */
	readonly from: number;
	readonly to: number;
	/** Whether there is anything below `from`, as in a room. */
	readonly older: Room['older'];
	/** Whether what comes after `to` is on its way. */
	readonly newer: 'unknown' | 'loading';
}

type Sought =
	| { readonly state: 'loading'; readonly sequence: number }
	/** The row with this key is of it, and is marked. */
	| { readonly state: 'found'; readonly sequence: number; readonly key: string }
	/** It cannot be shown; `text` says why. */
	| { readonly state: 'missing'; readonly sequence: number; readonly text: string };

/** The tabs of a run, as they are kept for the next one. */
export interface Tabs {
	/** The room on screen. */
	readonly active: string;
	/** In tab order. */
	readonly list: readonly Tab[];
}

export interface Tab {
	readonly name: string;
	/** The filter as it was typed. */
	readonly where?: string;
	readonly attention?: Attention;
	readonly isMuted?: true;
}

/** What a room rings and notifies for. */
export type Attention = 'all' | 'mentions' | 'none';

/** What was said to me in a room while I did not look. */
export interface Alert {
	readonly room: string;
	/** Who said the newest of it, and what. */
	readonly sender: string;
	readonly content: string;
	readonly count: number;
	/** How many of these name me. */
	readonly mentions: number;
	/** It was said while there was no link. */
	readonly isMissed: boolean;
}

/** A message that is unread: the key of its row, and its number. */
interface Unread {
	readonly key: string;
	readonly sequence: number;
}

/** It stands above the first message that was unread. */
export interface Divider extends Unread {
	/** How many were. */
	readonly count: number;
}

export interface Anchor {
	readonly key: string;
	/** Which line of that row, 0 for its first. */
	readonly line: number;
}

/** One entry of a room's pane. */
export type Row =
	| {
			readonly kind: 'said';
			readonly key: string;
			readonly sequence: number;
			readonly sender: string;
			readonly content: string;
			readonly timestamp: number;
			readonly mine: boolean;
			/** It names me, or answers what I said. */
			readonly mention: boolean;
			/** The number of the message that it answers. */
			readonly replyTo?: number;
			/** The key of who said it, if they have proven one. */
			readonly by?: string;
			/** A program said it. */
			readonly bot?: true;
			/** When I wrote it, if that was a good while before the broker numbered it: it waited for the link. */
			readonly writtenAt?: number;
			/** What its author had seen in another room before had not come here yet. */
			readonly late?: true;
	  }
	| {
			readonly kind: 'lost';
			readonly key: string;
			readonly from: number;
			readonly to: number;
			readonly reason: Extract<RoomItem, { kind: 'lost' }>['reason'];
			/** Some of these may not have matched what is shown here. */
			readonly isFiltered?: true;
			/** A page of the log told it: nothing that was to come here is missing. */
			readonly isOfPage?: true;
	  }
	| {
			readonly kind: 'resumed';
			readonly key: string;
			readonly at: number;
			readonly from: number;
			readonly to: number;
			/** With `isFiltered` at most so many. */
			readonly missed: number;
			readonly awayMs: number;
			readonly isFiltered?: true;
	  }
	| { readonly kind: 'caught-up'; readonly key: string }
	/** The link is back, and nothing was missed. */
	| { readonly kind: 'back'; readonly key: string; readonly at: number; readonly awayMs: number }
	| {
			readonly kind: 'epoch';
			readonly key: string;
			readonly at: number;
			/**
			 * The broker went back to an older copy of the log, which ends with number `to`: so many messages above it stand
			 * on this screen alone. Absent: all numbers start over.
			 */
			readonly rewound?: { readonly to: number; readonly lost: number };
	  }
	| { readonly kind: 'cleared'; readonly key: string; readonly upTo: number; readonly by?: string }
	/** A line of mine that the broker did not take, where I was when it said so. */
	| {
			readonly kind: 'refused';
			readonly key: string;
			readonly at: number;
			/** What I was called then. */
			readonly sender: string;
			readonly line: Pending;
	  }
	/** People who came and went, folded into one row while nothing else is said. */
	| {
			readonly kind: 'traffic';
			readonly key: string;
			readonly at: number;
			readonly joined: readonly string[];
			readonly left: readonly string[];
			/** Who is called otherwise now. @default nobody */
			readonly renamed?: readonly Renamed[];
			/** How many more came and went, whose names are not kept. @default none */
			readonly more?: { readonly joined: number; readonly left: number };
	  }
	/** Something that natter says on this screen alone: help, answers to commands, errors. May have several lines. */
	| {
			readonly kind: 'told';
			readonly key: string;
			readonly at: number;
			readonly level: 'info' | 'warning' | 'error';
			readonly text: string;
	  };

export interface Renamed {
	readonly from: string;
	readonly to: string;
}

export interface Pending {
	readonly cid: string;
	readonly content: string;
	readonly writtenAt: number;
	/** What the clock showed then, for people. @default writtenAt */
	readonly shownAt?: number;
	/** The number of the message that it answers. */
	readonly replyTo?: number;
	/** Why it was refused; absent while it waits. */
	readonly refused?: string;
	/** Its place, when the broker has told it before the message itself has come round. */
	readonly place?: { readonly sequence: number; readonly timestamp: number };
}

/** What is typed, and where the cursor stands. */
export interface Draft {
	readonly text: string;
	/** UTF-16 index into `text`, always between two graphemes, and never within a fold. */
	readonly cursor: number;
	/** Parts of `text` that are shown as one thing, in their order. @default none */
	readonly folds?: readonly { readonly start: number; readonly end: number }[];
}

export interface Composer extends Draft {
	/** What was cut and yank puts back, the newest last, at most 20. */
	readonly kills: readonly string[];
	/** What undo goes back to, the newest last, at most 200. */
	readonly past: readonly Draft[];
	/** What redo goes to, the next one last. */
	readonly future: readonly Draft[];
	/** Lines that were sent or run, oldest first, at most 200. Those of earlier runs are as they were found. */
	readonly history: readonly string[];
	/** Where Up and Down are in `history`, and what waits below it. */
	readonly recall?: { readonly index: number; readonly draft: Composer };
	/** What was done last, where it matters for what is done next; absent after anything else. */
	readonly last?:
		| { readonly kind: 'typed' | 'deleted' | 'killed' }
		/** The cut of this index was put into the composer of before. */
		| { readonly kind: 'yanked'; readonly before: Composer; readonly index: number }
		/** The cursor went by rows, and wants this column, in cells. */
		| { readonly kind: 'walked'; readonly column: number }
		| Completion;
}

/** Tab put one of the words of `choices` in place of what stands between these places in the composer of before. */
export interface Completion {
	readonly kind: 'completed';
	readonly before: Composer;
	readonly start: number;
	readonly end: number;
	readonly choices: readonly Choice[];
	/** Which of them, 0 for the best. */
	readonly choice: number;
}

/** A line that is asked for, such as what to look for. */
export interface Prompt {
	readonly kind: PromptKind;
	/** What is typed; it has no history. */
	readonly input: Composer;
	/** Which of what matches is chosen, 0 for the best. */
	readonly choice: number;
	/** What an `open` lists. */
	readonly addresses?: readonly string[];
	/** The room that stands behind the list in place of the one that is gone to: nothing in either counts as read. */
	readonly looksAt?: string;
}

/**
 * `recall`: a line that was sent before, to be sent again. `jump`: a room, a person or a command to go to. `find`: what is
 * loaded of the room on screen. `open`: one of several addresses. `mentions`: a message that names me, to go to.
 */
export type PromptKind = 'recall' | 'jump' | 'find' | 'open' | 'mentions';

/** One of the things that a prompt lists. */
export interface Choice {
	/** What is taken when it is chosen. */
	readonly value: string;
	/** As it is shown, in one row. */
	readonly line: Line;
	/** The open room that it leads to: it is on screen while this is chosen, and nothing in it counts as read. */
	readonly room?: string;
	/** The room that is not open yet and is joined. */
	readonly join?: string;
}

/** A search through all that the broker keeps. */
export interface Search {
	/** Answers to another one mean nothing here. */
	readonly id: string;
	/** As it was typed. */
	readonly text: string;
	/** The room that it is in; absent: all that I am in. */
	readonly room?: string;
	/** What the broker is asked, by room; the inbox has all conversations. */
	readonly parts: readonly SearchPart[];
	/** Newest first. */
	readonly found: readonly FoundMessage[];
	/** Which of those that are shown, 0 for the newest. */
	readonly choice: number;
}

export interface SearchPart {
	readonly room: string;
	/** `more`: it is not asked just now, and may have more. */
	readonly state: 'asked' | 'more' | 'all' | 'failed';
	/** Below which number it goes on, and in which epoch. */
	readonly from?: number;
	readonly epoch?: string;
	/** When the oldest was said that came of it, also of those that are not shown. */
	readonly since?: number;
	/** Why it failed, in words for people. */
	readonly text?: string;
}

export interface FoundMessage {
	/** The tab that it stands in. */
	readonly room: string;
	readonly sequence: number;
	/** Of its number, in the log that was searched. */
	readonly epoch: string;
	/** As it is shown: with a `~` where the name is not proven. */
	readonly sender: string;
	readonly bot?: true;
	readonly content: string;
	readonly timestamp: number;
}

export interface View {
	/** A page of text over the pane, with how far it is scrolled. */
	readonly overlay?: { readonly name: 'help' | 'keys' | 'members' | 'search'; readonly top: number };
	/** `auto`: as the width says. */
	readonly sidebar: 'auto' | 'hidden';
	/** Numbers before every message. */
	readonly numbers: boolean;
	/** What a key had to say, on the status row until the next one. */
	readonly note?: string;
	/** The messages stand there as nothing but text; nothing is drawn over them until a key is pressed. */
	readonly bare?: true;
	/** A question on the status row that the key that led to it answers with yes, any other with no. */
	readonly asking?: 'quit' | 'send';
}

/** What the keys of the table in keymap.ts can do. */
export type Action =
	| 'send'
	| 'newline'
	| 'next-room'
	| 'previous-room'
	| 'last-room'
	| 'page-up'
	| 'page-down'
	| 'line-up'
	| 'line-down'
	| 'oldest'
	| 'newest'
	| 'escape'
	| 'history-back'
	| 'history-forward'
	| 'recall'
	| 'divider'
	| 'jump'
	| 'find'
	| 'activity'
	| 'previous-mention'
	| 'next-mention'
	| 'left'
	| 'right'
	| 'word-left'
	| 'word-right'
	| 'start'
	| 'end'
	| 'delete-back'
	| 'delete-forward'
	| 'kill-word-back'
	| 'kill-word-forward'
	| 'kill-to-start'
	| 'kill-to-end'
	| 'yank'
	| 'yank-earlier'
	| 'transpose'
	| 'edit'
	| 'suspend'
	| 'undo'
	| 'redo'
	| 'complete'
	| 'complete-back'
	| 'members'
	| 'bare'
	| 'help'
	| 'redraw'
	| 'interrupt'
	| 'end-of-input';

/** What can happen. */
export type Event = {
	/** By a clock that never goes back, ms since 1970. */
	readonly at: number;
	/** How far this computer's clock was set back until then: it shows so much less than `at`. @default 0 */
	readonly setBackMs?: number;
} & (
	| { readonly type: 'resized'; readonly size: Size }
	| { readonly type: 'did'; readonly action: Action }
	/** Alt+1..9: the room at this place, 1 for the first. */
	| { readonly type: 'picked-room'; readonly place: number }
	| { readonly type: 'typed'; readonly text: string }
	| { readonly type: 'pasted'; readonly text: string }
	/** Where there is no input to edit a line in: a whole one came. */
	| { readonly type: 'entered'; readonly line: string }
	/** The terminal has told what its background is like. */
	| { readonly type: 'background'; readonly background: 'light' | 'dark' }
	/** The terminal has the keyboard, or another window has it. */
	| { readonly type: 'focus'; readonly focused: boolean }
	/** The terminal was lent to another program, or is back. */
	| { readonly type: 'lent'; readonly isLent: boolean }
	/** At this cell of the screen, counted from 0 at the top left. */
	| { readonly type: 'mouse'; readonly what: 'click' | 'up' | 'down'; readonly x: number; readonly y: number }
	/** Time has passed that the screen had asked to be told of. */
	| { readonly type: 'ticked' }
	| { readonly type: 'link'; readonly status: LinkStatus; readonly nick: string; readonly user?: User | undefined }
	| { readonly type: 'items'; readonly room: string; readonly items: readonly RoomItem[] }
	| { readonly type: 'room'; readonly status: RoomStatus }
	| { readonly type: 'presence'; readonly changes: readonly PresenceChange[] }
	| { readonly type: 'typing'; readonly typing: Typing }
	| { readonly type: 'members'; readonly room: string; readonly members: readonly Member[] }
	| { readonly type: 'published'; readonly published: Published }
	/** So many of my unsent lines could not be stored beyond this run. */
	| { readonly type: 'unkept'; readonly count: number }
	| { readonly type: 'refused'; readonly refused: Refused }
	| { readonly type: 'notice'; readonly notice: Notice }
	/** Answers to effects. */
	| {
			readonly type: 'older';
			readonly room: string;
			readonly page: HistoryPage;
			/** As it was asked. */
			readonly before?: number;
			readonly asked: 'scroll' | 'command';
	  }
	| { readonly type: 'newer'; readonly room: string; readonly page: HistoryPage; readonly after: number }
	/** `before` ends below the number, `after` begins with it. */
	| {
			readonly type: 'around';
			readonly room: string;
			readonly sequence: number;
			readonly before: HistoryPage;
			readonly after: HistoryPage;
	  }
	| { readonly type: 'found'; readonly id: string; readonly room: string; readonly page: FoundPage }
	/** Why a search in a room came to nothing, in words for people. */
	| { readonly type: 'not-found'; readonly id: string; readonly room: string; readonly text: string }
	| { readonly type: 'rooms-listed'; readonly room: string; readonly rooms: readonly RoomInfo[] }
	| { readonly type: 'rooms-found'; readonly rooms: readonly RoomInfo[] }
	| { readonly type: 'emoji-found'; readonly emoji: readonly Emoji[] }
	/** A text was handed to tmux or to the terminal. */
	| { readonly type: 'copied'; readonly room: string; readonly what: string; readonly by: 'terminal' | 'tmux' }
	/** So many messages are in the file by now. */
	| { readonly type: 'exporting'; readonly count: number }
	| { readonly type: 'exported'; readonly outcome: Exported }
	/** Nothing was written. Without a text it was stopped. */
	| { readonly type: 'export-failed'; readonly text?: string }
	| {
			readonly type: 'opened';
			readonly room: string;
			readonly address: string;
			readonly how: 'opened' | 'remote' | 'failed';
	  }
	| { readonly type: 'token-made'; readonly room: string; readonly token: string }
	| { readonly type: 'tokens-revoked'; readonly room: string; readonly count: number }
	/** `beginning`: to be told of are those whose names begin so. */
	| {
			readonly type: 'members-listed';
			readonly room: string;
			readonly members: readonly Member[];
			readonly beginning?: string;
	  }
	| { readonly type: 'receipts'; readonly room: string; readonly receipts: readonly Receipt[] }
	/** Of the room `about`, or of all when it is absent. */
	| {
			readonly type: 'restrictions-listed';
			readonly room: string;
			readonly about?: string;
			readonly restrictions: readonly Restriction[];
	  }
	| { readonly type: 'administered'; readonly room: string; readonly order: AdminOrder }
	| { readonly type: 'nick-changed'; readonly room: string; readonly nick: string }
	/** The client has dropped this line of mine. */
	| { readonly type: 'discarded'; readonly room: string; readonly cid: string }
	/** What the editor made of what was typed in a room. */
	| { readonly type: 'edited'; readonly room: string; readonly text: string }
	| {
			readonly type: 'failed';
			readonly room: string;
			readonly what: Effect['type'];
			/** Which page of a log it was, as it was asked for. */
			readonly before?: number;
			readonly after?: number;
			readonly sequence?: number;
			/** In words for people. */
			readonly text: string;
	  }
);

/** An event before the store gave it its time. */
export type Unstamped = Event extends infer One ? (One extends Event ? Omit<One, 'at' | 'setBackMs'> : never) : never;

/** What the screen can want done. Its result comes back as an event. */
export type Effect =
	| {
			readonly type: 'publish';
			readonly room: string;
			readonly content: string;
			readonly cid: string;
			readonly replyTo?: number;
	  }
	/** Have the event `unkept` say what would be lost now. */
	| { readonly type: 'count-unkept' }
	/** Have what is typed in a room survive this process; an empty text ends that. */
	| { readonly type: 'save-draft'; readonly room: string; readonly text: string }
	/** Have it survive this process up to where something was read; `room` is a name of read-marks.ts. */
	| { readonly type: 'save-read'; readonly room: string; readonly position: Position }
	/** Have a line that was sent or run be in the input history of later runs. */
	| { readonly type: 'save-line'; readonly line: string }
	/** Have them survive this process. */
	| { readonly type: 'save-tabs'; readonly tabs: Tabs }
	/** Have these survive this process. */
	| { readonly type: 'save-ignored'; readonly ignored: readonly Ignored[] }
	| { readonly type: 'join'; readonly room: string; readonly filter?: Filter }
	| { readonly type: 'leave'; readonly room: string }
	/** Messages below `before`; from the newest when it is absent. */
	| {
			readonly type: 'load-older';
			readonly room: string;
			readonly before?: number;
			readonly limit: number;
			readonly asked: 'scroll' | 'command';
	  }
	/** Messages above `after`. */
	| { readonly type: 'load-newer'; readonly room: string; readonly after: number; readonly limit: number }
	/** The message with this number, and at most `limit` on either side of it. */
	| { readonly type: 'load-around'; readonly room: string; readonly sequence: number; readonly limit: number }
	/** What says `text` in a room, below `before` in that epoch. */
	| {
			readonly type: 'search';
			readonly id: string;
			readonly room: string;
			readonly text: string;
			readonly before?: number;
			readonly epoch?: string;
			readonly limit: number;
	  }
	| { readonly type: 'list-rooms'; readonly room: string }
	/** Have the event `rooms-found` name the broker's rooms, if it does. */
	| { readonly type: 'find-rooms' }
	/** Have the event `emoji-found` name all emoji. */
	| { readonly type: 'find-emoji'; readonly room: string }
	| { readonly type: 'make-token'; readonly room: string }
	| { readonly type: 'revoke-tokens'; readonly room: string }
	/** `beginning`: only those whose names begin so are asked for. */
	| { readonly type: 'list-members'; readonly room: string; readonly beginning?: string }
	| { readonly type: 'list-receipts'; readonly room: string }
	| { readonly type: 'say-presence'; readonly state: 'online' | 'away'; readonly status?: string }
	| { readonly type: 'say-typing'; readonly room: string; readonly isTyping: boolean }
	| { readonly type: 'list-restrictions'; readonly room: string; readonly about?: string }
	/** `command` is how it was typed, `/ban`. */
	| {
			readonly type: 'administer';
			readonly room: string;
			readonly order: Exclude<AdminOrder, { readonly op: 'list' }>;
			readonly command: string;
	  }
	| { readonly type: 'change-nick'; readonly room: string; readonly nick: string }
	| { readonly type: 'reconnect' }
	/** Have the terminal put a text into its clipboard, if it does such a thing. `what` it is, in words: `the line`. */
	| { readonly type: 'copy'; readonly room: string; readonly text: string; readonly what: string }
	/** Put these lines on the screen, by nothing but the terminal's own breaks, with `hint` below them. */
	| { readonly type: 'show-bare'; readonly lines: readonly string[]; readonly hint: string }
	/** Have messages of a room in a file, `from` the first number `to` the last. */
	| {
			readonly type: 'export';
			readonly room: string;
			readonly file: string;
			readonly from: number;
			readonly to: number;
			readonly force: boolean;
	  }
	| { readonly type: 'stop-export' }
	/** Have a line of mine never be sent. */
	| { readonly type: 'discard'; readonly room: string; readonly cid: string }
	/** Have the person write on in their editor. */
	| { readonly type: 'edit'; readonly room: string; readonly text: string }
	/** Stop this process until the shell lets it go on. */
	| { readonly type: 'suspend' }
	/** Have an address opened outside. */
	| { readonly type: 'open'; readonly room: string; readonly address: string }
	/** Have the terminal ring. */
	| { readonly type: 'bell' }
	/** Have the terminal notify whoever does not look at it. */
	| { readonly type: 'notify'; readonly title: string; readonly text: string }
	/** Have the terminal's title say something. */
	| { readonly type: 'title'; readonly text: string }
	| { readonly type: 'redraw' }
	| { readonly type: 'quit' };

/** The rows of a room that are on screen, or can be scrolled to at once. */
export function shownRows({ rows, reading }: Room): readonly Row[] {
	return reading?.rows ?? rows;
}

/** A message's number is missing and others wait for it: shown from `askedAt` on, never within the grace period. */
export function visibleGap(room: Room): Gap | undefined {
	const gap = room.status?.gap;
	return gap?.askedAt === undefined ? undefined : gap;
}

/** Some text in one style. Styles are names that a theme gives colours to. */
export interface Span {
	readonly text: string;
	readonly style: Style;
	/** An http address, in printable ASCII, that the terminal opens when this is clicked on. */
	readonly target?: string;
	/** All of it is natter's own: an ASCII screen has other signs for those of marks.ts in it. */
	readonly isSign?: true;
}

export type Style =
	| 'plain'
	| 'dim'
	| 'rule'
	| 'time'
	/** A nick; the number picks one of the theme's nick colours. */
	| `nick-${number}`
	| 'me'
	| 'mention'
	| 'gap'
	| 'lost'
	| 'resumed'
	| 'good'
	| 'error'
	| 'tab'
	| 'tab-active'
	| 'tab-unread'
	| 'input'
	| 'hint'
	| 'link'
	/** What people marked in what they say. */
	| 'bold'
	| 'italic'
	| 'bold-italic'
	| 'struck'
	| 'code'
	/** What a message answers. */
	| 'quote'
	/** Of a text, what was looked for. */
	| 'found';

/** One row of cells. Its spans are never wider than the place it is drawn in; what is not covered is blank. */
export type Line = readonly Span[];

/** A line of a room's pane and the row it belongs to. */
export interface PaneLine {
	readonly key: string;
	/** Which line of its row, 0 for the first. */
	readonly line: number;
	readonly spans: Line;
}

/** The whole screen: what panes draw, from top to bottom. Absent parts take no rows. */
export interface Screen {
	readonly size: Size;
	readonly tabs?: Line;
	readonly topic?: Line;
	readonly upperRule?: Line;
	/** Exactly as many as fit. */
	readonly pane: readonly Line[];
	/** As many as `pane`; each `sidebarWidth` cells, its border included. */
	readonly sidebar?: readonly Line[];
	readonly sidebarWidth: number;
	readonly lowerRule?: Line;
	readonly status?: Line;
	/** At least one. */
	readonly input: readonly Line[];
	/** The cell of the cursor, counted from the top left of the screen. */
	readonly cursor: { readonly x: number; readonly y: number };
	readonly hint?: Line;
}
