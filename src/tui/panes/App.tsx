/**
 * The screen. It reads keys and the store, and draws what `screen` says.
 */
import { useKeys } from '../hooks/use-keys.ts';
import { useLoan } from '../hooks/use-loan.ts';
import { useStore } from '../hooks/use-store.ts';
import { ThemeContext } from '../hooks/use-theme.ts';
import type { Loan } from '../loan.ts';
import { screen } from '../selectors.ts';
import type { Store } from '../store.ts';
import { themeOf } from '../theme.ts';
import { Panes } from './Panes.tsx';

/** Everything natter draws. */
export function App({ store, loan }: { readonly store: Store; readonly loan: Loan }) {
	useKeys(store, loan);
	useLoan(loan);
	const view = useStore(store, screen);
	const theme = useStore(store, themeOf);
	return (
		<ThemeContext value={theme}>
			<Panes view={view} />
		</ThemeContext>
	);
}
