import { createContext, useContext } from 'react';
import { type Theme, themeFor } from '../theme.ts';

/** The theme that all panes draw with. */
export const ThemeContext = createContext<Theme>(themeFor(process.env));

export function useTheme(): Theme {
	return useContext(ThemeContext);
}
