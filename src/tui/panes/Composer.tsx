import { useCursor } from 'ink';
import type { Screen } from '../model.ts';
import { Lines } from './Lines.tsx';

/** The draft, with the terminal's own cursor in it, where input methods look for it; and the hints below. */
export function Composer({ view }: { readonly view: Screen }) {
	const { setCursorPosition } = useCursor();
	setCursorPosition(view.cursor);
	return <Lines lines={view.hint === undefined ? view.input : [...view.input, view.hint]} width={view.size.columns} />;
}
