/**
 * The screen. It reads keys and the store, and draws what `screen` says.
 */
import { useKeys } from '../hooks/use-keys.ts';
import { useStore } from '../hooks/use-store.ts';
import { ThemeContext, useTheme } from '../hooks/use-theme.ts';
import { screen } from '../selectors.ts';
import type { Store } from '../store.ts';
import type { Theme } from '../theme.ts';
import { Panes } from './Panes.tsx';

/** Everything natter draws. `theme` is what the environment asks for unless it is given. */
export function App({ store, theme }: { readonly store: Store; readonly theme?: Theme }) {
	useKeys(store);
	const view = useStore(store, screen);
	const usual = useTheme();
	return (
		<ThemeContext value={theme ?? usual}>
			<Panes view={view} />
		</ThemeContext>
	);
}
