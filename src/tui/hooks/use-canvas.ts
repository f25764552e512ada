import { useLayoutEffect, useState } from 'react';
import type { Canvas } from '../canvas.ts';
import { frameOf } from '../frame.ts';
import { screen } from '../selectors.ts';
import type { Store } from '../store.ts';
import { themeOf } from '../theme.ts';

/**
 * Shows on the canvas what the store paints, when it does: React would be a detour, as long as all that is drawn for a key.
 * What cannot be drawn is an error of the component all the same.
 */
export function useCanvas(store: Store, canvas: Canvas): void {
	const [, fail] = useState<never>();
	useLayoutEffect(() => {
		const draw = () => {
			try {
				const state = store.snapshot();
				canvas.show(frameOf(screen(state), themeOf(state)));
			} catch (error) {
				fail(() => {
					throw error;
				});
			}
		};
		draw();
		return store.subscribe(draw);
	}, [store, canvas]);
}
