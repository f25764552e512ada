import { Box } from 'ink';
import type { Screen } from '../model.ts';
import { Composer } from './Composer.tsx';
import { Members } from './Members.tsx';
import { RoomTabs } from './RoomTabs.tsx';
import { StatusBar } from './StatusBar.tsx';
import { Transcript } from './Transcript.tsx';

/** The panes from top to bottom: as many rows as `view.size` has. */
export function Panes({ view }: { readonly view: Screen }) {
	return (
		<Box flexDirection="column" width={view.size.columns}>
			<RoomTabs view={view} />
			<Box>
				<Transcript view={view} />
				<Members view={view} />
			</Box>
			<StatusBar view={view} />
			<Composer view={view} />
		</Box>
	);
}
