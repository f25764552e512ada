/**
 * The screen. It reads keys and the store, and draws what `screen` says.
 */
import { useKeys } from '../hooks/use-keys.ts';
import { useStore } from '../hooks/use-store.ts';
import { ThemeContext } from '../hooks/use-theme.ts';
import { screen } from '../selectors.ts';
import type { Store } from '../store.ts';
import { themeOf } from '../theme.ts';
import { Panes } from './Panes.tsx';

/** Everything natter draws. */
export function App({ store }: { readonly store: Store }) {
	useKeys(store);
	const view = useStore(store, screen);
	const theme = useStore(store, themeOf);
	return (
		<ThemeContext value={theme}>
			<Panes view={view} />
		</ThemeContext>
	);
}
