import type { Screen } from '../model.ts';
import { Lines } from './Lines.tsx';

/** What stands above the messages: rooms, topic with the badge of the order, rule. */
export function RoomTabs({ view }: { readonly view: Screen }) {
	const lines = [view.tabs, view.topic, view.upperRule].filter((line) => line !== undefined);
	return lines.length === 0 ? null : <Lines lines={lines} width={view.size.columns} />;
}
