/**
 * Stands in the command for the engine that Ink lays out with, which is most of what Ink weighs: natter draws the rows
 * itself, so that Ink has nothing to lay out. Everything is as wide as a terminal mostly is, and at no place.
 */
const measures: Readonly<Record<string, number>> = { getComputedWidth: 80 };
const node = new Proxy({}, { get: (_, method) => () => measures[String(method)] ?? 0 });

/** Its constants are told apart by their names. */
const layout: object = new Proxy({}, { get: (_, name) => (name === 'Node' ? { create: () => node } : name) });

export { layout as default };
