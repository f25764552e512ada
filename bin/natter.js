#!/usr/bin/env node
// Only syntax that old Nodes read may stand here: they are to be told what to do, not to fail over a token.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 16)) {
	console.error(
		'natter needs Node 22.16 or newer and this is ' +
			process.versions.node +
			'. Without installing one: npx -p node@24 -p natter natter',
	);
	process.exitCode = 2;
} else {
	import('node:module')
		.then((module) => {
			if (module.enableCompileCache) module.enableCompileCache();
			return import('../dist/command/main.js');
		})
		.then((main) => main.main());
}
