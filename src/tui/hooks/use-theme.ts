import { createContext, useContext } from 'react';
import { darkTheme, type Theme } from '../theme.ts';

/** The theme that all panes draw with. */
export const ThemeContext = createContext<Theme>(darkTheme);

export function useTheme(): Theme {
	return useContext(ThemeContext);
}
