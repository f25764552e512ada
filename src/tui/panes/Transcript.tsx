import type { Screen } from '../model.ts';
import { Lines } from './Lines.tsx';

/** The messages of the room on screen, or the page over them. */
export function Transcript({ view }: { readonly view: Screen }) {
	return <Lines lines={view.pane} width={view.size.columns - view.sidebarWidth} />;
}
