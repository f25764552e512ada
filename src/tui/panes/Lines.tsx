import { Box, Text } from 'ink';
import { memo } from 'react';
import { useTheme } from '../hooks/use-theme.ts';
import type { Line } from '../model.ts';
import { paint } from '../theme.ts';

/** Lines below each other, each in one row of `width` cells. */
export function Lines({ lines, width }: { readonly lines: readonly Line[]; readonly width: number }) {
	const theme = useTheme();
	return (
		<Box flexDirection="column" width={width} flexShrink={0}>
			{lines.map((line, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place; lines move through it.
				<Row key={row} text={paint(line, theme)} />
			))}
		</Box>
	);
}

// An empty text would take no row.
const Row = memo(({ text }: { readonly text: string }) => <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>);
Row.displayName = 'Row';
