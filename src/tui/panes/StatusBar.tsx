import type { Screen } from '../model.ts';
import { Lines } from './Lines.tsx';

/** The rule below the messages and the state of things. */
export function StatusBar({ view }: { readonly view: Screen }) {
	const lines = [view.lowerRule, view.status].filter((line) => line !== undefined);
	return lines.length === 0 ? null : <Lines lines={lines} width={view.size.columns} />;
}
