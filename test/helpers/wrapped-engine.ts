import type { Engine } from '../../src/engines/engine.ts';

/** An engine of which some methods are others. */
export function wrapped(engine: Engine, changes: Partial<Engine>): Engine {
	return new Proxy(engine, {
		get(target, name) {
			const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}
