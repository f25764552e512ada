import type { Screen } from '../model.ts';
import { Lines } from './Lines.tsx';

/** Who is in the room, beside its messages. */
export function Members({ view }: { readonly view: Screen }) {
	return view.sidebar === undefined ? null : <Lines lines={view.sidebar} width={view.sidebarWidth} />;
}
