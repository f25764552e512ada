/**
 * Moments and spans of time in words, by this computer's time zone. Moments are ms since 1970. The words are made by hand:
 * Intl.DateTimeFormat costs microseconds a call, and its words change with the locale.
 */
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `09:58` */
export function timeOfDay(at: number): string {
	const date = new Date(at);
	return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

/** `Mon 23 Nov`, and the year when it is not that of `now`. */
export function day(at: number, now: number): string {
	const date = new Date(at);
	const year = date.getFullYear() === new Date(now).getFullYear() ? '' : ` ${date.getFullYear()}`;
	return `${weekdays[date.getDay()]} ${date.getDate()} ${months[date.getMonth()]}${year}`;
}

/** `2026-11-23` */
export function dateOf(at: number): string {
	const date = new Date(at);
	return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

/** Whether two moments lie on the same day. */
export function isSameDay(one: number, other: number): boolean {
	const a = new Date(one);
	const b = new Date(other);
	return a.getDate() === b.getDate() && a.getMonth() === b.getMonth() && a.getFullYear() === b.getFullYear();
}

/** Whether two moments lie in the same minute of the clock. */
export function isSameMinute(one: number, other: number): boolean {
	return Math.floor(one / 60_000) === Math.floor(other / 60_000);
}

/** How long something lasts, as a clock: `0:42`, `12:03`, and from an hour on without seconds: `1h 02m`. */
export function clock(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const minutes = Math.floor(seconds / 60);
	return minutes < 60
		? `${minutes}:${twoDigits(seconds % 60)}`
		: `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

/** How long ago something was: `0.8s` in the first five seconds, then `6s`. */
export function shortTime(ms: number): string {
	const seconds = Math.max(0, ms) / 1000;
	return seconds < 5 ? `${(Math.floor(seconds * 10) / 10).toFixed(1)}s` : `${Math.floor(seconds)}s`;
}

function twoDigits(value: number): string {
	return value < 10 ? `0${value}` : String(value);
}

/** A broker says times as it knows them, `2026-11-28 22:57 UTC`: here they are those of this computer's clock. */
export function withLocalTimes(text: string, now: number): string {
	return text.replace(/\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b/gu, (whole, date, time) => {
		const at = Date.parse(`${date}T${time}:00Z`);
		if (Number.isNaN(at)) {
			return whole;
		}
		return isSameDay(at, now) ? timeOfDay(at) : `${day(at, now)} ${timeOfDay(at)}`;
	});
}
